import { describe, expect, it } from 'vitest';
import { candidatesText, reportText } from '../../src/render/text.ts';
import { sampleCause, sampleEvidence, sampleGap, sampleReport, sampleTarget } from '../support/samples.ts';

const plain = { width: 80, colour: false };

describe('the report on a terminal', () => {
  it('says what the card and its thread say', () => {
    const text = reportText(sampleReport({}, { gaps: [sampleGap] }), plain);
    for (const sentence of [
      'Cause found: orders-api, stage prod',
      'REST API · a1b2c3d4e5 · eu-west-1 · account 123456789012',
      sampleCause.summary,
      'Confidence: high',
      'Fix: Give API Gateway the permission again.',
      sampleCause.cli ?? '',
      'RemovePermission on orders-prod by deploy-pipeline, 3 minutes before',
      'First failing minute: 2026-11-22 14:05:00 UTC',
      '4 IAM and Lambda permissions: Problem',
      '5 Error frequency: OK',
      'logs:FilterLogEvents: access denied (missing permission:',
      'waf-blocked: No web ACL is attached to the stage.',
      '16 AWS calls in 1.4 s',
    ]) {
      expect(text).toContain(sentence);
    }
  });

  it('wraps prose at the width, and breaks no log line and no command', () => {
    const line = `ERROR ${'x'.repeat(120)}`;
    const report = sampleReport({}, { causes: [{ ...sampleCause, summary: 'Word '.repeat(60) }] });
    const [step] = report.steps.filter(finding => finding.number === 4);
    if (step !== undefined) step.evidence = [sampleEvidence('step-4.1', { excerpt: line })];
    for (const width of [40, 60]) {
      const lines = reportText(report, { width, colour: false }).split('\n');
      const copied = (one: string) => one.includes(line) || /^\s+(?:aws lambda|https:)/.test(one);
      expect(lines.filter(one => one.length > width && !copied(one))).toEqual([]);
      expect(lines.some(one => one.trim() === line)).toBe(true);
    }
  });

  it('has the decisive evidence with the command and the address that show it', () => {
    const text = reportText(sampleReport(), plain);
    expect(text).toContain('Check by hand:\n      aws lambda get-policy --function-name orders-prod');
    expect(text).toContain('In the console:\n      https://eu-west-1.console.aws.amazon.com/lambda/');
  });

  it('keeps a command of a remedy whole, on a line of its own', () => {
    const command = `aws apigateway update-stage --rest-api-id a1 --patch-operations 'op=replace,path=/*/*/logging/loglevel,value=ERROR' --region eu-west-1`;
    const gap = { ...sampleGap, remedy: `Turn execution logging on: ${command}` };
    const text = reportText(sampleReport({}, { status: 'inconclusive', causes: [], gaps: [gap] }), plain);
    expect(text.split('\n')).toContain(`      ${command}`);
  });

  it('counts wide characters as two columns', () => {
    const report = sampleReport({}, { causes: [{ ...sampleCause, summary: '注文 '.repeat(40) }] });
    const [first] = reportText(report, { width: 40, colour: false }).split('\n').slice(3);
    expect(first?.length).toBeLessThanOrEqual(24);
  });

  it('is coloured only when told, and has no markup of Slack', () => {
    const text = reportText(sampleReport(), plain);
    expect(text).not.toContain('\u001b');
    expect(text).not.toMatch(/<!date|&amp;|\*Fix/);
    expect(reportText(sampleReport(), { ...plain, colour: true })).toContain('\u001b[31mProblem\u001b[0m');
  });

  it('says in words that nothing was found, and why', () => {
    const text = reportText(sampleReport({}, { status: 'inconclusive', causes: [], gaps: [sampleGap] }), plain);
    expect(text).toContain('Requests fail. 1 source could not be read');
  });
});

describe('candidates', () => {
  it('list what fits', () => {
    const text = candidatesText('Two APIs fit.', [{ ...sampleTarget, stages: ['prod', 'beta'] }], {
      width: 200,
      colour: false,
    });
    expect(text).toBe(
      'Two APIs fit.\n  orders-api: REST API · a1b2c3d4e5 · stages prod, beta · eu-west-1 · account 123456789012\n',
    );
  });
});
