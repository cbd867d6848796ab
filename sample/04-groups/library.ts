/** Names, payloads and replies: a group client knows those that begin with its prefix. */
export interface Library {
  tasks: {
    'books.lend': { readonly title: string; readonly reader: string };
  };
  events: {
    'books.lent': { readonly title: string };
  };
  requests: {
    'books.reader': { payload: { readonly title: string }; reply: string | null };
    'branches.prague.hours': { reply: string };
    'branches.brno.hours': { reply: string };
  };
}
