import type { GatewayResponse } from '../aws/types.ts';

/**
 * The status that clients get for an answer of API Gateway's own: a gateway response of that type, or else the one of
 * its class, may change it.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
 */
export function answeredStatus(responses: readonly GatewayResponse[], responseType: string, status: number): number {
  const classType = status >= 500 ? 'DEFAULT_5XX' : 'DEFAULT_4XX';
  const own = responses.find(one => one.responseType === responseType);
  const chosen = own ?? responses.find(one => one.responseType === classType);
  return Number(chosen?.statusCode ?? status);
}
