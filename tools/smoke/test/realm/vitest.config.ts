import { defineConfig } from 'vitest/config'

/** Every test file is a realm of its own, as under Jest: errors of Node.js come from another one. */
export default defineConfig({
  test: { include: ['*-in-realm.ts'], pool: 'vmThreads', testTimeout: 120_000, dir: import.meta.dirname },
})
