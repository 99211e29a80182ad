/** Of the command line; kept equal to its package by a test. */
export const VERSION = '0.1.0'
