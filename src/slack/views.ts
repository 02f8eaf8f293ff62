import type { App, ViewOutput } from '@slack/bolt';
import { parseRequest } from '../diagnosis/request.ts';
import { startFields, viewIds } from '../render/ids.ts';
import { startContext } from '../render/modals.ts';
import { choiceGoneReply } from '../render/replies.ts';
import { Refused } from './answers.ts';
import type { Surface } from './surface.ts';

/** The form of an empty command. */
export function registerViews(app: App, surface: Surface): readonly string[] {
  app.view(viewIds.start, async ({ ack, body, view }) => {
    const now = surface.clock();
    const parsed = parseForm(view, now);
    if ('errors' in parsed) return ack({ response_action: 'errors', errors: parsed.errors });
    await ack();
    const context = startContext(view.private_metadata);
    if (context === null) throw new Refused(choiceGoneReply());
    const userId = body.user.id;
    const here = { teamId: surface.identity().teamId, threadTs: null, userId, ...context };
    await surface.permit(here);
    await surface.investigations.submit({
      key: `view:${view.id}`,
      trigger: { kind: 'form', by: userId, at: now.toISOString(), request: parsed.request },
      conversation: here,
    });
  });
  return [viewIds.start];
}

/** The fields as a command would have them; a problem stands at the field that brings it. */
function parseForm(view: ViewOutput, now: Date) {
  const typed = (id: string) => view.state.values[id]?.[id]?.value?.trim() ?? '';
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
