/**
 * Properties are tried with the same seed in every run: a change is judged by what it changes, not by luck. Others are tried with
 * `FORGE_TEST_SEED=$RANDOM pnpm test`, and what they find is repeated with the seed that fast-check prints.
 */
import { configureGlobal } from 'fast-check'

configureGlobal({ seed: Number(process.env['FORGE_TEST_SEED'] ?? 20_261_130) })
