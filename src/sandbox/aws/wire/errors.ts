/** An error as a service answers it: its code on the wire, and the HTTP status. */
export class WireError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further members of the error's body. */
  readonly members: Record<string, unknown>;

  constructor(code: string, status: number, message: string, members: Record<string, unknown> = {}) {
    super(message);
    this.name = 'WireError';
    this.code = code;
    this.status = status;
    this.members = members;
  }
}
