// What stands above the rows of sockets and tasks: the filter, and the keys.
import { FilterField, type FilterFieldProps, HelpButton } from './filter-field.tsx';

export const ListToolbar = (props: FilterFieldProps) => (
  <search class="tools short">
    <FilterField {...props} />
    <HelpButton view={props.view} commands={props.commands} />
  </search>
);
