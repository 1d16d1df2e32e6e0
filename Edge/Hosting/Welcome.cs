using System.Text;
using Starling.Edge.Configuration;
using Starling.Edge.Listeners.Tls;

namespace Starling.Edge.Hosting;

/// <summary>What a process with the development defaults says: where it listens, and commands to paste.</summary>
internal static class Welcome
{
    public static string Text(EdgeOptions options, EdgeHost broker)
    {
        var endpoints = broker.Endpoints;
        var text = new StringBuilder("\nStarling is running with its development defaults: tenant demo, user demo, password demo.\n\n");
        foreach (var listener in options.Listeners)
        {
            if (endpoints.TryGetValue(listener.Name, out var endPoint))
                text.Append($"  {Scheme(listener.Type)}://localhost:{endPoint.Port}{(listener.Type >= ListenerType.Ws ? listener.WebSocket.Paths[0] : "")}\n");
        }
        if (broker.ManagementEndpoint is { } management)
            text.Append($"  http://localhost:{management.Port}/metrics\n");
        text.Append("\nTry it:\n\n");
        if (Port(ListenerType.Tcp) is { } tcp)
        {
            text.Append($"  mosquitto_sub -h localhost -p {tcp} -u demo -P demo -t 'hello/#' -v\n");
            text.Append($"  mosquitto_pub -h localhost -p {tcp} -u demo -P demo -t hello/world -m hi\n");
        }
        if (Port(ListenerType.Tls) is { } tls)
        {
            var caFile = DevelopmentCertificate.CaFile(options.Resolve(options.DataDirectory));
            text.Append($"  mosquitto_pub -h localhost -p {tls} --cafile '{caFile}' -u demo -P demo -t hello/world -m 'hi over TLS'\n");
        }
        if (Port(ListenerType.Ws) is { } ws)
            text.Append($"  npx mqtt pub -l ws -h localhost -p {ws} --path /mqtt -u demo -P demo -t hello/world -m 'hi over WebSocket'\n");
        return text.Append("\nCtrl-C stops it.\n\n").ToString();

        int? Port(ListenerType type) =>
            options.Listeners.FirstOrDefault(listener => listener.Type == type) is { } listener ? endpoints[listener.Name].Port : null;
    }

    private static string Scheme(ListenerType type) => type switch
    {
        ListenerType.Tcp => "mqtt",
        ListenerType.Tls => "mqtts",
        ListenerType.Ws => "ws",
        _ => "wss",
    };
}
