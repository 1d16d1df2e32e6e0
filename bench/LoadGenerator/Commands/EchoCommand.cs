using System.CommandLine;
using Starling.LoadGenerator.Echo;

namespace Starling.LoadGenerator.Commands;

/// <summary><c>echo</c>: stands in for a broker, to show how much the generator itself can do on this machine.</summary>
internal sealed class EchoCommand : Command
{
    private readonly Option<int> _port = new("--port") { DefaultValueFactory = _ => 1883 };

    public EchoCommand()
        : base("echo", "Copies bytes from publishers to receivers on loopback, knowing next to nothing of MQTT (exact topics, QoS 0).")
    {
        Options.Add(_port);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        using var relay = new ByteRelay(parsed.GetValue(_port));
        relay.Run();
        return 0;
    }
}
