using System.Globalization;
using System.Runtime.InteropServices;
using Starling.Edge.Configuration;
using Starling.Edge.Hosting;

// The settings are those of docs/configuration.md. Without a tenants file there is the tenant demo, with user and password demo.
var options = new EdgeOptions
{
    Listeners =
    [
        new ListenerOptions
        {
            Name = "tcp",
            Type = ListenerType.Tcp,
            Port = args is [var port] ? int.Parse(port, CultureInfo.InvariantCulture) : 1883,
            Tenant = "demo",
        },
    ],
    Management = null,
};
await using var broker = await EmbeddedBroker.StartAsync(options);
Console.WriteLine($"The embedded broker listens on {broker.Endpoints["tcp"]}. Ctrl-C stops it.");

var stop = new TaskCompletionSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
await stop.Task;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true; // The broker says goodbye to its clients before the process ends.
    stop.TrySetResult();
}
