// Runs checks one after the other, and prints what passed, what did not, and what was left out with
// its reason, as one line of JSON.
'use strict'

/** A check waits for no event longer than this. */
const LIMIT = 30_000

const limited = (promise) => {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${LIMIT / 1000} s`)), LIMIT)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** `leftOut` gives the reason why a check does not apply to this endpoint, or nothing. */
module.exports = async function report(checks, leftOut = () => undefined) {
  const result = { passed: [], failed: {}, left_out: {} }
  for (const [name, check] of Object.entries(checks)) {
    const reason = leftOut(name)
    if (reason) {
      result.left_out[name] = reason
      continue
    }
    try {
      await limited(check())
      result.passed.push(name)
    } catch (error) {
      result.failed[name] = String(error?.message ?? error)
    }
  }
  // What a library still waits for must not keep the process alive.
  process.stdout.write(JSON.stringify(result) + '\n', () => process.exit(0))
}
