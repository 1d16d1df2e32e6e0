using System.Net;
using System.Net.Sockets;

namespace Starling.LoadGenerator.Net;

/// <summary>
/// Opens connections to the broker. From loopback to loopback, each few thousand come from another address of 127.0.0.0/8, so that
/// neither the ports of one address run out nor those of connections closed a moment ago are in the way.
/// </summary>
internal sealed class Dialer(IPEndPoint broker)
{
    private const int PerAddress = 4000;
    private int _opened;

    public Socket Open()
    {
        var socket = new Socket(broker.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        // A close resets: nothing lingers in TIME_WAIT between scenarios.
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        try
        {
            if (broker.Address.Equals(IPAddress.Loopback))
            {
                var block = Interlocked.Increment(ref _opened) / PerAddress;
                socket.Bind(new IPEndPoint(new IPAddress([127, 0, (byte)(1 + block / 200 % 200), (byte)(2 + block % 200)]), 0));
            }

            socket.Connect(broker);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
