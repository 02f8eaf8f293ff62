/** What pasted log lines say, told to whoever pasted them alone; nothing of it is kept. */
import type { App, ViewSubmitAction } from '@slack/bolt';
import { explanationMessage } from '../render/explanation.ts';
import { type Typed, typedIn } from '../render/forms.ts';
import { answerField, viewIds } from '../render/ids.ts';
import { explainForm, explainTitle } from '../render/modals.ts';
import { contextOf, openForm, settleForm } from './forms.ts';
import { type Here, type Surface, whereSent } from './surface.ts';

/** Log lines are of no channel, so none need be allowed. */
async function permitted({ permit }: Surface, { userId }: Here): Promise<void> {
  await permit({ channelId: null, userId, own: true });
}

export function openExplain(surface: Surface, here: Here, triggerId: string): Promise<void> {
  return openForm(surface, triggerId, explainTitle, async () => {
    await permitted(surface, here);
    return { form: explainForm(contextOf(here)) };
  });
}

export function registerExplainView(app: App, surface: Surface): readonly string[] {
  app.view<ViewSubmitAction>(viewIds.explain, async ({ ack, body, view }) => {
    const text = typedIn(view.state.values as Typed, answerField);
    if (text === '') return ack({ response_action: 'errors', errors: { [answerField]: 'Paste at least one line.' } });
    const here = whereSent(body, surface);
    await settleForm(surface, { ack, body }, explainTitle, async () => {
      await permitted(surface, here);
      const { explanation, truncated } = await surface.explain(text);
      return { say: explanationMessage(explanation, truncated) };
    });
  });
  return [viewIds.explain];
}
