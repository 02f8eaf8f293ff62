/** Names that messages use for emoji; a name that is not here is shown as it is written. */
export const emoji = {
  '+1': '👍',
  '-1': '👎',
  alarm_clock: '⏰',
  arrow_right: '➡️',
  bell: '🔔',
  bulb: '💡',
  chart_with_downwards_trend: '📉',
  chart_with_upwards_trend: '📈',
  eyes: '👀',
  fire: '🔥',
  gear: '⚙️',
  grey_question: '❔',
  hourglass_flowing_sand: '⏳',
  information_source: 'ℹ️',
  large_blue_circle: '🔵',
  large_green_circle: '🟢',
  large_orange_circle: '🟠',
  large_yellow_circle: '🟡',
  link: '🔗',
  lock: '🔒',
  mag: '🔍',
  memo: '📝',
  no_entry: '⛔',
  pray: '🙏',
  question: '❓',
  raised_hands: '🙌',
  red_circle: '🔴',
  repeat: '🔁',
  rotating_light: '🚨',
  tada: '🎉',
  thumbsup: '👍',
  warning: '⚠️',
  wave: '👋',
  white_check_mark: '✅',
  wrench: '🔧',
  x: '❌',
};

/** Those that people can react with. */
export const reactions = ['eyes', '+1', 'white_check_mark', 'mag', 'raised_hands', 'warning', 'fire', 'tada'];

export function emojiText(name) {
  const plain = name.replace(/::skin-tone-\d$/, '');
  return Object.hasOwn(emoji, plain) ? emoji[plain] : `:${name}:`;
}
