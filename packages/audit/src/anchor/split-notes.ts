const SIGNATURE_START = '\u2014 '

/**
 * Cuts a text that notes were appended to into the notes: each ends with the last of its signature lines. Two empty
 * lines, which no note holds, end one that was torn by a crash.
 */
export function splitNotes(text: string): readonly string[] {
  const notes: string[] = []
  let lines: string[] = []
  for (const line of text.split('\n')) {
    const isTorn = line === '' && lines.at(-1) === ''
    const isSigned = lines.at(-1)?.startsWith(SIGNATURE_START) === true
    if (isTorn || (isSigned && !line.startsWith(SIGNATURE_START))) {
      notes.push(`${lines.join('\n')}\n`)
      lines = []
    }
    // Blank lines between notes belong to none.
    if (line !== '' || lines.length > 0) lines.push(line)
  }
  if (lines.length > 0) notes.push(lines.join('\n'))
  return notes
}
