import type { LineParser } from '../lines/line-parser.ts'

/** Lines of no known format: none has a time of its own. */
export function createPlainLineParser(): LineParser {
  return { format: 'plain', name: 'plain', parse: () => undefined }
}
