/** What `doctor` finds out, one line for each thing that was looked at. */
export interface Line {
  area: 'configuration' | 'slack' | 'store' | 'aws' | 'clock';
  /** What was looked at: `SLACK_BOT_TOKEN`, `account 111122223333, eu-west-1`. */
  subject: string;
  /** `warning`: it works, or it could not be checked. `problem`: something does not work until it is put right. */
  status: 'ok' | 'warning' | 'problem';
  /** One or two sentences. */
  finding: string;
  /** What to do about it; null where nothing need be done. */
  fix: string | null;
}

export interface Checkup {
  lines: Line[];
  /** AWS was asked, and no read at all was allowed. */
  nothingReadable: boolean;
}

/** Told of the time on somebody else's clock. */
export type OnDate = (at: Date) => void;
