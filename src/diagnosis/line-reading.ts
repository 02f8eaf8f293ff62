import type { Layer, Match } from './signature-match.ts';

/** What a line is, in the order of one request's trace. */
export type LineKind =
  | 'authorizer-start'
  | 'authorizer-end'
  | 'authorizer-failed'
  /** What the client sent: never evidence. */
  | 'client'
  /** What API Gateway sends to the endpoint. */
  | 'sent'
  /** What the endpoint answers. */
  | 'received'
  /** What API Gateway answers, and notes on its way. */
  | 'progress'
  | 'failure'
  | 'completed'
  | 'access'
  | 'other';

/** What one line says by itself; assembleRequests (log-lines.ts) puts the lines of a request together. */
export interface LineReading extends Match {
  kind: LineKind;
  /** The line without its prefixes (log-event.ts). */
  text: string;
  layer: Layer | null;
  requestId: string | null;
  extendedRequestId: string | null;
  lambdaRequestId: string | null;
  /** Status that the client got, where the line tells it. */
  status: number | null;
  /** `GET /orders`, or a route key. */
  route: string | null;
  /** Qualified where the call was. */
  functionArn: string | null;
  /** URL that was called. */
  endpoint: string | null;
  /** Status of the endpoint's answer. */
  endpointStatus: number | null;
  /** statusCode that a proxy function returned. */
  returnedStatus: number | null;
  integrationLatencyMs: number | null;
  /** Carries TestInvokeMethod's date. */
  dated: boolean;
  /** A further line of what an earlier line began. */
  continued: boolean;
}

export const blank: LineReading = {
  kind: 'other',
  text: '',
  cause: null,
  confidence: null,
  possible: [],
  layer: null,
  requestId: null,
  extendedRequestId: null,
  lambdaRequestId: null,
  status: null,
  route: null,
  functionArn: null,
  endpoint: null,
  endpointStatus: null,
  returnedStatus: null,
  integrationLatencyMs: null,
  dated: false,
  continued: false,
};
