import { cliLine, metricsLink } from '../../aws/links.ts';
import { defineDiagnosis, judge, notebook } from '../finding.ts';
import type { Traffic } from '../signals.ts';

/** Constant errors point to the configuration, intermittent ones to what lies downstream. */
export const errorFrequency = defineDiagnosis<Traffic>({
  group: 'diagnosis',
  number: 5,
  id: 'error-frequency',
  title: 'Error frequency',
  question: 'Are the errors constant or intermittent over the window, minute by minute?',
  reads: ['cloudwatch:GetMetricData'],
  notApplicable: () => null,
  gather: ({ signals }) => signals.traffic(),
  evaluate(traffic, { target, window }) {
    const points = traffic.series.points ?? [];
    const used = points.filter(point => point.requests > 0 && (traffic.onset === null || point.at >= traffic.onset));
    const failing = used.filter(point => point.errors > 0).length;
    const { errors, requests } = traffic.impact;
    const notes = notebook();
    notes.note({
      text: `${errors ?? 0} of ${requests ?? 0} requests to ${target.apiName} ${target.stage} answered 5xx between ${window.start} and ${window.end}.`,
      source: 'cloudwatch:GetMetricData',
      resource: `${target.apiName} ${target.stage}`,
      at: traffic.onset,
      link: metricsLink(target.region, metricOf(target), window),
      cli: cliLine('cloudwatch get-metric-statistics', {
        namespace: 'AWS/ApiGateway',
        'metric-name': metricOf(target).metric,
        dimensions: Object.entries(metricOf(target).dimensions).map(([name, value]) => `Name=${name},Value=${value}`),
        'start-time': window.start,
        'end-time': window.end,
        period: '60',
        statistics: 'Sum',
        region: target.region,
      }),
      excerpt: points.map(point => `${point.at.slice(11, 16)} ${point.errors}/${point.requests}`).join('\n'),
    });
    const { evidence } = notes;
    const where = `${target.apiName} ${target.stage}`;
    switch (traffic.pattern) {
      case 'none':
        return judge('ok', `${where} answered no request with 5xx in the window.`, { evidence });
      case 'constant':
        return judge(
          'warning',
          `Errors on ${where} are constant: ${failing} of ${used.length} minutes with requests have them, which points to the configuration.`,
          { evidence },
        );
      case 'intermittent':
        return judge(
          'warning',
          `Errors on ${where} are intermittent: ${failing} of ${used.length} minutes with requests have them, which points downstream.`,
          { evidence },
        );
      case 'unknown':
        return judge(
          'unknown',
          `${where} had requests in fewer than three minutes since the onset, too few for a pattern.`,
          {
            evidence,
          },
        );
    }
  },
});

function metricOf({
  apiType,
  apiName,
  apiId,
  stage,
}: {
  apiType: string;
  apiName: string;
  apiId: string;
  stage: string;
}) {
  const metric = apiType === 'REST' ? '5XXError' : apiType === 'HTTP' ? '5xx' : 'ExecutionError';
  const dimensions: Record<string, string> =
    apiType === 'REST' ? { ApiName: apiName, Stage: stage } : { ApiId: apiId, Stage: stage };
  return { namespace: 'AWS/ApiGateway', metric, dimensions };
}
