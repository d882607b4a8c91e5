// Stands in while there is no renderer/entry/index.html.
window.addEventListener('message', (event) => {
  const [port] = event.ports;
  if (event.data !== 'breakwater-port' || port === undefined) return;
  port.onmessage = (message: MessageEvent<{ t: string }>) => {
    document.title = `Breakwater ${message.data.t}`;
    document.body.dataset['core'] = message.data.t;
  };
  port.postMessage({ t: 'hello', contract: 1 });
});
window.postMessage('breakwater-ready', window.location.origin);
