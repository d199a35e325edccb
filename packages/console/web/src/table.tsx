import type { ComponentChildren } from 'preact'

/** A table under its title. On a phone each row is a block of lines, and says before each what it is. */
export function Table({ title, columns, rows }: { title: string; columns: string[]; rows: ComponentChildren[][] }) {
  return (
    <section>
      <h1>{title}</h1>
      {rows.length === 0 ? (
        <p class="empty">None.</p>
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
