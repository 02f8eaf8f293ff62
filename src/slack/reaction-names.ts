/** Names of reactions, as Slack tells them and as people write them. */

/** Emoji with more than one name: Slack tells the second, whichever was typed. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['thumbsup', '+1'],
  ['thumbsdown', '-1'],
  ['collision', 'boom'],
  ['hankey', 'poop'],
  ['hand', 'raised_hand'],
  ['runner', 'running'],
  ['satisfied', 'laughing'],
  ['telephone', 'phone'],
  ['pencil', 'memo'],
  ['car', 'red_car'],
  ['sailboat', 'boat'],
  ['punch', 'facepunch'],
]);

/** Whether two names mean one emoji, in whatever skin tone: `mag::skin-tone-2`. */
export function isSameReaction(one: string, other: string): boolean {
  return bare(one) === bare(other);
}

function bare(name: string): string {
  const base = name.replace(/::skin-tone-\d$/, '');
  return aliases.get(base) ?? base;
}
