/** Runs where there is neither Node nor a browser: gives back what verifies. */
export { answersOf } from './verifier-cases.ts'
