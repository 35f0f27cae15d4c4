/** Says whether it is the second click of a double click, which means no more than one does. @param {MouseEvent} event */
export const isSecondClick = ({ detail }) => detail > 1;
