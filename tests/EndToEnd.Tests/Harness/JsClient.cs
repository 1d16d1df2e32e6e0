using System.Text.Json;

namespace Starling.EndToEnd.Tests.Harness;

/// <summary>One MQTT.js client in a Node process (js/client.js).</summary>
internal sealed class JsClient : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private int _commands;

    private JsClient(ChildProcess process) => _process = process;

    /// <summary>Starts a client that connects; <see cref="ConnectAsync"/> also waits until it has.</summary>
    /// <param name="broker">The broker to connect to.</param>
    /// <param name="listener">tcp, tls, ws or wss; the scheme of the URL, too.</param>
    /// <param name="version">4 is MQTT 3.1.1.</param>
    /// <param name="options">More options of <c>mqtt.connect</c>.</param>
    public static JsClient Start(BrokerProcess broker, string listener, int version, Dictionary<string, object>? options = null)
    {
        Installation.NeedsMqttJs();
        var all = new Dictionary<string, object> { ["protocolVersion"] = version, ["username"] = "demo", ["password"] = "demo" };
        foreach (var (name, value) in options ?? [])
            all[name] = value;
        var scheme = listener switch { "tcp" => "mqtt", "tls" => "mqtts", _ => listener };
        var argument = JsonSerializer.Serialize(new
        {
            url = $"{scheme}://localhost:{broker.PortForClient(listener)}{(listener is "ws" or "wss" ? "/mqtt" : "")}",
            caFile = listener is "tls" or "wss" ? broker.CaFile : null,
            options = all,
        });
        return new JsClient(ChildProcess.Start("node", ["client.js", argument], () => broker.Story, Installation.JavaScript));
    }

    public static async Task<JsClient> ConnectAsync(BrokerProcess broker, string listener, int version, Dictionary<string, object>? options = null)
    {
        var client = Start(broker, listener, version, options);
        await client.EventAsync("connect");
        return client;
    }

    /// <summary>The next event of this name: connect, message, disconnect, error, close.</summary>
    public async Task<JsonElement> EventAsync(string name) =>
        JsonElement.Parse(await _process.LineAsync(line => Is(line, "event", name), $"event '{name}'"));

    /// <summary>The next message, as <c>topic|payload|QoS|retain flag</c>.</summary>
    public async Task<string> MessageAsync()
    {
        var message = await EventAsync("message");
        return $"{message.GetProperty("topic")}|{message.GetProperty("payload")}|{message.GetProperty("qos")}|{(message.GetProperty("retain").GetBoolean() ? 1 : 0)}";
    }

    public Task SubscribeAsync(string filter, int qos = 0) => SubscribeAsync(filter, new { qos });

    public Task SubscribeAsync(string filter, object options) => DoAsync("subscribe", new() { ["topic"] = filter, ["options"] = options });

    /// <summary>Returns when the message is acknowledged as its QoS says.</summary>
    public Task PublishAsync(string topic, string payload, object? options = null) =>
        DoAsync("publish", new() { ["topic"] = topic, ["payload"] = payload, ["options"] = options ?? new { } });

    /// <summary>Sends DISCONNECT and closes.</summary>
    public Task EndAsync() => DoAsync("end", []);

    /// <summary>Without a DISCONNECT, as if the device lost power.</summary>
    public Task KillAsync() => _process.KillAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task DoAsync(string command, Dictionary<string, object> values)
    {
        var id = ++_commands;
        values["id"] = id;
        values["do"] = command;
        await _process.WriteLineAsync(JsonSerializer.Serialize(values));
        var answer = await _process.LineAsync(line => Is(line, "id", id), $"the end of {command}");
        if (!Is(answer, "event", "done"))
            throw _process.Failed($"{command} failed");
    }

    private static bool Is(string line, string property, object value) =>
        line.StartsWith('{') && JsonElement.Parse(line).TryGetProperty(property, out var found) && found.ToString() == value.ToString();
}
