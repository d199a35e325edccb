import type { ComponentChildren } from 'preact'
import { Crumbs } from './frame.tsx'

/** A table under its title. On a phone each row is a block of lines, and says before each what it is. */
export function Table(props: {
  title: string
  columns: string[]
  rows: ComponentChildren[][]
  /** What is said instead of rows, where there are none. */
  empty: string
  /** The page stands under Settings. */
  isSetting?: boolean
  /** A second table of its page. */
  isSecond?: boolean
}) {
  const { title, columns, rows } = props
  return (
    <section>
      {props.isSetting && <Crumbs up="/settings" name="Settings" />}
      {props.isSecond ? <h2>{title}</h2> : <h1>{title}</h1>}
      {rows.length === 0 ? (
        <p class="empty">{props.empty}</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label={title}>
          <table class="stacks">
            <thead>
              <tr>
                {columns.map((column) => (
                  <th scope="col" key={column}>
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((cells, row) => (
                <tr key={row}>
                  {cells.map((cell, index) => (
                    <td key={columns[index]} data-label={columns[index]}>
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
