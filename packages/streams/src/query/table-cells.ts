import { parseDecimal, type JsonValue } from '@forgeone/common'
import type { Aggregate } from './ast.ts'
import { STATS_GROUPS_MAX } from './limits.ts'
import { tableLimit, type TableMemory } from './table-memory.ts'
import { compareValues } from './table-values.ts'

/** The running value of one aggregate of one group. `null` is given by a `count` without a field. */
export interface Cell {
  add(value: JsonValue | undefined): void
  result(): JsonValue
}

export function cellOf(aggregate: Aggregate, memory: TableMemory): Cell {
  switch (aggregate.function) {
    case 'count':
      return countCell(aggregate.field === undefined)
    case 'sum':
    case 'avg':
      return sumCell(aggregate.function === 'avg')
    case 'min':
      return extremeCell(-1, memory)
    case 'max':
      return extremeCell(1, memory)
    case 'uniq':
      return uniqueCell(memory)
  }
}

function countCell(isOfRows: boolean): Cell {
  let count = 0
  return {
    add: (value) => {
      if (isOfRows || (value !== undefined && value !== null)) count++
    },
    result: () => count,
  }
}

function sumCell(isAverage: boolean): Cell {
  let sum = 0
  let count = 0
  return {
    add: (value) => {
      const number = numberOf(value)
      if (number === undefined) return
      sum += number
      count++
    },
    result: () => {
      if (!isAverage) return sum
      return count === 0 ? null : sum / count
    },
  }
}

/** Numbers that stand as text, as in metadata of imported logs, count as numbers. */
function numberOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') return value
  const number = typeof value === 'string' ? parseDecimal(value)?.near : undefined
  return number !== undefined && Number.isFinite(number) ? number : undefined
}

function extremeCell(sign: 1 | -1, memory: TableMemory): Cell {
  let best: JsonValue | undefined
  return {
    add: (value) => {
      if (value === undefined || value === null) return
      if (best !== undefined && sign * compareValues(value, best) <= 0) return
      memory.replace(best, value)
      best = value
    },
    result: () => best ?? null,
  }
}

function uniqueCell(memory: TableMemory): Cell {
  const seen = new Set<string>()
  return {
    add: (value) => {
      if (value === undefined || value === null) return
      const text = JSON.stringify(value)
      if (seen.has(text)) return
      memory.add(text)
      seen.add(text)
      if (seen.size > STATS_GROUPS_MAX) throw tableLimit(`uniq counts at most ${STATS_GROUPS_MAX} values`)
    },
    result: () => seen.size,
  }
}
