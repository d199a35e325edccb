import { expect, test } from 'vitest'
import { parsePostmasterFile, renamePostmaster } from './postmaster-file.ts'

const text = `4711
/data/pg18
1795350000
5432
/data/socket

  11543    123456
ready   
`

test('reads what a server says of itself', () => {
  expect(parsePostmasterFile(text)).toEqual({ pid: 4711, port: 5432, socketDir: '/data/socket', status: 'ready' })
  expect(parsePostmasterFile('4711\n')).toEqual({ pid: 4711, port: 0, socketDir: '', status: '' })
})

test('takes an empty or torn file for none', () => {
  expect(['', '\n', 'x\n', '-3\n'].map(parsePostmasterFile)).toEqual([null, null, null, null])
})

test('renames the holder and keeps the shared memory key', () => {
  expect(renamePostmaster(text, 12)).toBe(text.replace('4711', '12'))
})
