import type { Backend } from './signals.ts';
import type { ApiType } from './types.ts';

/** Characters that no URI may hold. https://www.rfc-editor.org/rfc/rfc3986#section-2 */
const illegal = /[\s<>"\\^`|]/;

/** https://www.rfc-editor.org/rfc/rfc1918, and what a host calls itself */
const privateAddress = /^(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|0\.0\.0\.0$)/;

/**
 * Why API Gateway cannot call an HTTP endpoint, as the end of a sentence, from its address alone; null where nothing
 * speaks against it. Path parameters count as filled in. Behind a VPC link the host is only a name for TLS.
 * https://repost.aws/knowledge-center/api-gateway-invalid-endpoint-address
 */
export function addressFault(
  { uri, integration }: Pick<Backend, 'uri' | 'integration'>,
  apiType: ApiType,
): string | null {
  const overLink = integration.connectionType === 'VPC_LINK';
  if (uri === null || uri === '') return overLink ? null : 'is empty';
  // Private integrations of HTTP APIs name a listener or a Cloud Map service instead.
  if (overLink && uri.startsWith('arn:')) return null;
  const address = uri.replace(/\{[^{}]*\}/g, 'x');
  if (!/^https?:\/\//i.test(address)) return 'does not begin with http:// or https://';
  // URL parsers take the path for a host then.
  if (/^https?:\/\/(?:[/?#]|$)/i.test(address)) return 'names no host';
  if (illegal.test(address)) return 'holds a character that no address may have';
  const parsed = URL.canParse(address) ? new URL(address) : null;
  if (parsed === null) return 'is no valid address';
  if (overLink) return null;
  return hostFault(parsed.hostname) ?? (apiType === 'REST' ? portFault(parsed.port) : null);
}

function hostFault(host: string): string | null {
  if (privateAddress.test(host) || host === '[::1]')
    return 'is private, and API Gateway reaches it only over a VPC link';
  if (!host.includes('.') && !host.startsWith('[')) return 'has a host that public DNS cannot know';
  return null;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/setup-http-integrations.html */
function portFault(port: string): string | null {
  const number = Number(port);
  if (port === '' || number === 80 || number === 443 || number >= 1_024) return null;
  return `names port ${port}, which API Gateway does not call`;
}

/**
 * Path parameters in the URI that nothing fills: a REST API sends them as they stand, braces included, which is no
 * legal path. HTTP APIs fill `{proxy}` by themselves.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
 */
export function unmappedParameters(
  { uri, integration }: Pick<Backend, 'uri' | 'integration'>,
  apiType: ApiType,
): string[] {
  if (apiType !== 'REST' || uri === null) return [];
  const names = [...uri.matchAll(/\{([^{}]+)\}/g)].map(match => match[1] ?? '');
  return names.filter(
    name => integration.requestParameters[`integration.request.path.${name.replace(/\+$/, '')}`] === undefined,
  );
}
