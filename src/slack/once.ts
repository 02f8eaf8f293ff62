/** What is under way for a key is not begun again: whoever asks meanwhile waits for it. */
export function createOnce() {
  const underWay = new Map<string, Promise<void>>();
  return (key: string, run: () => Promise<void>): Promise<void> => {
    const running = underWay.get(key);
    if (running !== undefined) return running;
    const work = run().finally(() => underWay.delete(key));
    underWay.set(key, work);
    return work;
  };
}
