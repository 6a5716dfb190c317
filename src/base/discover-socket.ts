/**
 * Where a container watcher takes orders, unless told otherwise; unlike the API's, this socket
 * needs no key: who may open the file may drain containers of this machine.
 */
export const discoverSocketDefault = "/run/signpost-discover.sock";
