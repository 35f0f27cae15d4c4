/** Saves run one after the other, so that the last value typed is the last one written. @type {Promise<unknown>} */
let saving = Promise.resolve();

/** Runs a save after those before it. @template T @param {() => Promise<T>} work @returns {Promise<T>} */
export function queueSave(work) {
  const saved = saving.then(work);
  saving = saved.catch(() => {});
  return saved;
}
