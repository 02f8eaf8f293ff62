import { describe, expect, it } from 'vitest';
import { sampleChecks } from '../support/samples.ts';
import { buttonsOf, openSlackStage, readable, type SlackStage } from '../support/slack-stage.ts';

const fourteen = sampleChecks.map(check => `${check.group}:${check.number}`);

/** A stage with one diagnosed investigation in `incidents`. */
async function diagnosed(options: Parameters<typeof openSlackStage>[0] = {}) {
  const stage = await openSlackStage(options);
  await stage.workspace.command('ana', 'incidents', '/apigw-500 orders-api');
  await stage.idle();
  return stage;
}

const rowsOf = (stage: SlackStage, check: string) =>
  stage.find('ana', 'incidents', message => buttonsOf(message).includes(check));

describe.each(['http', 'socket'] as const)('the fourteen buttons, over %s', mode => {
  it('each open their evidence in the thread and run their check again', async () => {
    const stage = await diagnosed({ mode });
    const { workspace, idle, diagnosis } = stage;
    const card = workspace.messages('ana', 'incidents')[0];

    for (const check of fourteen) {
      expect(await workspace.press('ben', rowsOf(stage, check), check)).toEqual({ ok: true });
      await idle();
    }

    expect(diagnosis.checked).toEqual(fourteen);
    const evidence = workspace.messages('ana', 'incidents').slice(3);
    expect(evidence).toHaveLength(14);
    for (const [index, message] of evidence.entries()) {
      expect(message.threadTs).toBe(card?.ts);
      expect(readable(message)).toContain(`Checked again as ${fourteen[index]}.`);
      expect(readable(message)).toContain('Run again by <@U0SBXBEN02>');
    }
    expect(readable(rowsOf(stage, 'step:4'))).toContain('Run again by <@U0SBXBEN02>');
  });
});

describe('fourteen quick presses', () => {
  it('are fourteen runs and fourteen answers, and every row says by whom', async () => {
    const stage = await diagnosed();
    const { workspace, idle, diagnosis } = stage;
    // Slack has been asked who Ben is before, so that nothing holds up a press.
    await workspace.command('ben', 'incidents', '/apigw-500 help');
    await idle();
    const gate = Promise.withResolvers<void>();
    diagnosis.gate = gate.promise;
    await Promise.all(fourteen.map(check => workspace.press('ben', rowsOf(stage, check), check)));
    gate.resolve();
    await idle();
    expect(diagnosis.checked.toSorted()).toEqual(fourteen.toSorted());
    const [, playbook, diagnoses, ...evidence] = workspace.messages('ana', 'incidents').map(readable);
    expect(evidence).toHaveLength(14);
    expect(`${playbook} ${diagnoses}`.match(/Run again by <@U0SBXBEN02>/g)).toHaveLength(14);
  });
});

describe('a row button', () => {
  it('makes one run of two presses at once, and says on the row who runs it', async () => {
    const stage = await diagnosed();
    const { workspace, idle, diagnosis, find } = stage;
    const gate = Promise.withResolvers<void>();
    diagnosis.gate = gate.promise;
    const playbook = rowsOf(stage, 'step:4');

    await Promise.all([workspace.press('ana', playbook, 'step:4'), workspace.press('ben', playbook, 'step:4')]);
    await workspace.until(() => readable(playbook).includes('Running again, by <@U0SBX'));
    // The later one has been told so, and starts nothing any more.
    await workspace.until(() =>
      ['ana', 'ben'].some(user => stage.read(user, 'incidents').join().includes('is running already')),
    );
    expect(buttonsOf(playbook)).not.toContain('step:4');

    gate.resolve();
    await idle();
    expect(diagnosis.checked).toEqual(['step:4']);
    expect(buttonsOf(find('ana', 'incidents', message => message.ts === playbook.ts))).toContain('step:4');
    expect(workspace.messages('ana', 'incidents').filter(message => message.text.startsWith('Step 4'))).toHaveLength(1);
  });

  it('edits its one message on a later press', async () => {
    const stage = await diagnosed();
    const { workspace, idle } = stage;
    for (const user of ['ana', 'ben']) {
      await workspace.press(user, rowsOf(stage, 'step:8'), 'step:8');
      await idle();
    }
    const evidence = workspace.messages('ana', 'incidents').filter(message => message.text.startsWith('Step 8'));
    expect(evidence).toHaveLength(1);
    expect(readable(evidence[0] ?? { text: '', blocks: [] })).toContain('Run again by <@U0SBXBEN02>');
  });

  it('shows the evidence of a closed investigation without running anything', async () => {
    const stage = await diagnosed();
    const { workspace, idle, diagnosis, find } = stage;
    await workspace.press(
      'ana',
      find('ana', 'incidents', message => buttonsOf(message).includes('resolve')),
      'resolve',
    );
    await idle();
    await workspace.press('ana', rowsOf(stage, 'step:4'), 'step:4');
    await idle();
    expect(diagnosis.checked).toEqual([]);
    expect(workspace.messages('ana', 'incidents').some(message => message.text.startsWith('Step 4'))).toBe(true);
  });
});

describe('a press that is not run', () => {
  it('is told to wait where the whole playbook runs, and its row is not marked', async () => {
    const stage = await diagnosed();
    const { workspace, idle, diagnosis, read, investigations, slack } = stage;
    const stale = structuredClone(rowsOf(stage, 'step:4'));
    await workspace.press('ana', rowsOf(stage, 'step:4'), 'step:4');
    await idle();
    const gate = Promise.withResolvers<void>();
    diagnosis.gate = gate.promise;
    const press = investigations.press;
    // The button was still there when it was pressed: the record says otherwise a moment later.
    investigations.press = async (id, check, by) => {
      await investigations.rerun(id, 'U0SBXANA01');
      return press(id, check, by);
    };
    await workspace.press('ben', stale, 'step:4');
    await slack.idle().catch(() => {});
    await workspace.until(() => read('ben', 'incidents').some(text => text.includes('is running already')));
    gate.resolve();
    await idle();
    expect(diagnosis.checked).toEqual(['step:4']);
    expect(readable(rowsOf(stage, 'step:4'))).not.toContain('Run again by <@U0SBXBEN02>');
  });

  it('only shows the evidence where the button says no more', async () => {
    const stage = await diagnosed();
    const { workspace, idle, diagnosis, find } = stage;
    await workspace.press(
      'ana',
      find('ana', 'incidents', message => buttonsOf(message).includes('resolve')),
      'resolve',
    );
    await idle();
    await workspace.press('ana', rowsOf(stage, 'step:4'), 'step:4');
    await idle();
    expect(diagnosis.checked).toEqual([]);
    expect(readable(rowsOf(stage, 'step:4'))).not.toContain('Run again by');
  });
});

describe('the card buttons', () => {
  it('run the whole diagnosis again, and close the investigation', async () => {
    const { workspace, idle, diagnosis, read } = await diagnosed();
    const [card] = workspace.messages('ana', 'incidents');
    if (card === undefined) throw new Error('There is no card.');

    await workspace.press('ben', card, 'rerun');
    await idle();
    expect(diagnosis.diagnosed).toBe(2);

    expect(await workspace.press('ben', card, 'link:1')).toEqual({ ok: true });
    await workspace.press('ben', card, 'resolve');
    await idle();
    expect(card.text).toContain('Resolved: orders-api');
    expect(readable(card)).toContain('Closed by <@U0SBXBEN02>');
    expect(buttonsOf(card)).toEqual(['reopen', 'export']);
    expect(read('ana', 'incidents')).toHaveLength(3);
  });

  it('take a closing back, once, however many press', async () => {
    const { workspace, idle, investigations, diagnosis } = await diagnosed();
    const [card] = workspace.messages('ana', 'incidents');
    if (card === undefined) throw new Error('There is no card.');
    await workspace.press('ben', card, 'resolve');
    await idle();

    const closed = structuredClone(card);
    await Promise.all([workspace.press('ana', closed, 'reopen'), workspace.press('ben', closed, 'reopen')]);
    await idle();
    expect(card.text).toContain('Cause found');
    expect(readable(card)).toMatch(/opened again by <@U0SBX(ANA01|BEN02)>/);
    expect(buttonsOf(card)).toContain('resolve');
    expect(diagnosis.diagnosed).toBe(1);
    const actions = (await investigations.audit('id-1')).map(entry => entry.action);
    expect(actions.filter(action => action === 'reopened')).toHaveLength(1);
  });

  it('do not take it back while another one is open for the API, and say which', async () => {
    const { workspace, idle, read } = await diagnosed();
    const [card] = workspace.messages('ana', 'incidents');
    if (card === undefined) throw new Error('There is no card.');
    await workspace.press('ben', card, 'resolve');
    await idle();
    await workspace.command('ben', 'incidents', '/apigw-500 orders-api');
    await idle();
    await workspace.press('ana', card, 'reopen');
    await idle();
    expect(card.text).toContain('Resolved');
    const told = workspace.messages('ana', 'incidents').filter(message => message.text.includes('stays closed'));
    expect(told.map(readable).join()).toContain('<#C0SBXINC01>');
    expect(JSON.stringify(told)).toContain('/archives/C0SBXINC01/p');
    expect(read('ben', 'incidents').join()).not.toContain('stays closed');
  });

  it('say so where the investigation is gone, or belongs to another channel', async () => {
    const { workspace, idle, read, slack } = await diagnosed();
    expect(slack.state()).toBe('ok');
    const forged = workspace.state.post({
      channelId: 'C0SBXPAY02',
      userId: 'U0SBXBOT04',
      text: 'A forged card.',
      blocks: [
        {
          type: 'actions',
          elements: ['rerun', 'step:4', 'resolve', 'candidate:0'].map((id, index) => ({
            type: 'button',
            action_id: id,
            text: { type: 'plain_text', text: id },
            value: index === 2 ? 'no-such-id' : 'id-1',
          })),
        },
      ],
    });
    for (const id of ['rerun', 'step:4', 'resolve']) await workspace.press('ana', forged, id);
    await idle();
    const told = read('ana', 'payments').filter(text => text.includes('closed or was deleted'));
    expect(told).toHaveLength(3);
    expect(read('ana', 'incidents')[0]).toContain('Cause found');
  });
});

describe('who may', () => {
  it('refuses a channel that is not allowed, and opens nothing', async () => {
    const { workspace, idle, read, investigations } = await openSlackStage({ allowed: { channels: ['C0SBXPAY02'] } });
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await workspace.command('ana', 'incidents', '/apigw-500');
    await idle();
    expect(read('ana', 'incidents').join()).toContain('in some channels only');
    expect(workspace.modal('ana')).toBeNull();
    expect(await investigations.listOpen({ teamId: 'T0SANDBOX1' })).toEqual([]);
  });

  it('lets members of an allowed group in, and nobody else', async () => {
    const { workspace, idle, read, diagnosis } = await openSlackStage({ allowed: { userGroups: ['S0SBXONC01'] } });
    await workspace.command('chika', 'incidents', '/apigw-500 orders-api');
    await idle();
    expect(read('chika', 'incidents').join()).toContain('Only members of some user groups');
    expect(diagnosis.diagnosed).toBe(0);

    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await idle();
    const [card] = workspace.messages('chika', 'incidents').filter(message => message.onlyFor === null);
    if (card === undefined) throw new Error('There is no card.');
    await workspace.press('chika', card, 'resolve');
    await idle();
    expect(card.text).toContain('Cause found');
  });

  it('refuses everybody while the group cannot be read, and lets them in once it can', async () => {
    const { workspace, idle, read, diagnosis } = await openSlackStage({ allowed: { userGroups: ['S0SBXONC01'] } });
    workspace.fail('usergroups.users.list', { error: 'missing_scope' });
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await idle();
    expect(read('ana', 'incidents').join()).toContain('usergroups:read');
    expect(diagnosis.diagnosed).toBe(0);
    await workspace.command('ana', 'incidents', '/apigw-500 orders-api');
    await idle();
    expect(diagnosis.diagnosed).toBe(1);
  });

  it('does nothing for another workspace', async () => {
    const { workspace, idle, diagnosis, deliver, investigations } = await openSlackStage();
    expect(await deliver({ team_id: 'T0ANOTHER9' })).toBe(200);
    await idle();
    const told = workspace.messages('ana', 'incidents').map(message => message.text);
    expect(told).toEqual([expect.stringContaining('serves another workspace')]);
    expect(diagnosis.diagnosed).toBe(0);
    expect(await investigations.listOpen({ teamId: 'T0ANOTHER9' })).toEqual([]);
  });
});

describe('a channel that the bot is not in', () => {
  it('gives the verdict in private with the line to type, and posts the card once it is invited', async () => {
    const { workspace, idle, read } = await openSlackStage();
    await workspace.command('ana', 'general', '/apigw-500 orders-api');
    await idle();
    const told = read('ana', 'general').join('\n');
    expect(told).toContain('/invite @apigw-500');
    expect(told).toContain('API Gateway may not invoke the function orders-prod.');
    expect(read('ben', 'general')).toEqual([]);

    await workspace.command('ana', 'general', '/invite @apigw-500');
    await workspace.until(
      () => workspace.messages('ben', 'general').filter(message => message.blocks.length > 0).length === 3,
    );
    await idle();
    expect(read('ben', 'general').join()).toContain('Cause found: orders-api');
  });
});
