/**
 * Puts columns in the order of a view. A column that it does not name stands after the one before it in the table.
 * @template {{ id: number }} C
 * @param {C[]} columns as they stand in the table @param {number[] | null} order ids @returns {C[]}
 */
export function inOrder(columns, order) {
  if (!order) return columns;
  const byId = new Map(columns.map((column) => [column.id, column]));
  const arranged = order.flatMap((id) => byId.get(id) ?? []);
  columns.forEach((column, index) => {
    if (arranged.includes(column)) return;
    arranged.splice(index ? arranged.indexOf(columns[index - 1]) + 1 : 0, 0, column);
  });
  return arranged;
}
