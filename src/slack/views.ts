import type { App, ViewOutput } from '@slack/bolt';
import { parseRequest } from '../diagnosis/request.ts';
import { redact } from '../redact.ts';
import { formContext } from '../render/forms.ts';
import { startFields, viewIds } from '../render/ids.ts';
import { choiceGoneReply } from '../render/replies.ts';
import { Refused } from './answers.ts';
import { registerExplainView } from './explain.ts';
import { registerHandoffViews } from './handoffs.ts';
import { registerRecordViews } from './record-actions.ts';
import { type Surface, whereSent } from './surface.ts';

/** The forms that were sent. */
export function registerViews(app: App, surface: Surface): readonly string[] {
  app.view(viewIds.start, async ({ ack, body, view }) => {
    const now = surface.clock();
    const parsed = parseForm(view, now);
    if ('errors' in parsed) return ack({ response_action: 'errors', errors: parsed.errors });
    await ack();
    if (formContext(view.private_metadata)?.channelId == null) throw new Refused(choiceGoneReply());
    const here = whereSent(body, surface);
    const { userId } = here;
    await surface.permit(here);
    await surface.investigations.submit({
      key: `view:${view.id}`,
      trigger: { kind: 'form', by: userId, at: now.toISOString(), request: parsed.request },
      conversation: here,
    });
  });
  return [
    viewIds.start,
    ...registerHandoffViews(app, surface),
    ...registerRecordViews(app, surface),
    ...registerExplainView(app, surface),
  ];
}

/** The fields as a command would have them; a problem stands at the field that brings it. */
function parseForm(view: ViewOutput, now: Date) {
  const typed = (id: string) => redact(view.state.values[id]?.[id]?.value?.trim() ?? '');
  const words = [typed(startFields.target)];
  let parsed = parseRequest(words, now);
  if ('problem' in parsed) return { errors: { [startFields.target]: parsed.problem } };
  for (const field of [startFields.stage, startFields.since]) {
    if (typed(field) === '') continue;
    words.push(`--${field}=${typed(field)}`);
    parsed = parseRequest(words, now);
    if ('problem' in parsed) return { errors: { [field]: parsed.problem } };
  }
  return parsed;
}
