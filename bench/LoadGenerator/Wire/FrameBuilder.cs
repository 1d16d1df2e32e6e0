using System.Text;

namespace Starling.LoadGenerator.Wire;

/// <summary>Puts together the frames that are sent now and then: CONNECT, SUBSCRIBE, PUBLISH models, DISCONNECT.</summary>
internal sealed class FrameBuilder
{
    private readonly List<byte> _body = [];

    public static byte[] Connect(Login login, string clientId, bool keepSession = false)
    {
        var body = new FrameBuilder().Text("MQTT").Byte(login.Version);
        var flags = (keepSession ? 0 : 2) | (login.User is null ? 0 : 0x80) | (login.Password is null ? 0 : 0x40);
        body.Byte(flags).Short(0); // no keep alive: an idle client stays silent
        if (login.Version == 5)
        {
            if (keepSession)
                body.Byte(5).Byte(17).Short(0).Short(3600); // Session Expiry Interval
            else
                body.Byte(0);
        }

        body.Text(clientId);
        if (login.User is not null)
            body.Text(login.User);
        if (login.Password is not null)
            body.Text(login.Password);
        return body.Frame(Wire.Frame.Connect, 0);
    }

    public static byte[] Subscribe(Login login, int packetId, IEnumerable<string> filters, int qos)
    {
        var body = new FrameBuilder().Short(packetId);
        if (login.Version == 5)
            body.Byte(0);
        foreach (var filter in filters)
            body.Text(filter).Byte(qos);
        return body.Frame(Wire.Frame.Subscribe, 2);
    }

    /// <returns>The frame, with packet identifier 0 and a payload of zeros, and where in it they begin.</returns>
    public static (byte[] Frame, int PacketIdOffset, int PayloadOffset) Publish(
        Login login, string topic, int qos, int payloadLength, bool retain = false)
    {
        var body = new FrameBuilder().Text(topic);
        if (qos > 0)
            body.Short(0);
        if (login.Version == 5)
            body.Byte(0);
        body._body.AddRange(new byte[payloadLength]);
        var frame = body.Frame(Wire.Frame.Publish, (qos << 1) | (retain ? 1 : 0));
        var payload = frame.Length - payloadLength;
        return (frame, payload - (login.Version == 5 ? 3 : 2), payload);
    }

    public static byte[] Disconnect() => new FrameBuilder().Frame(Wire.Frame.Disconnect, 0);

    private FrameBuilder Byte(int value)
    {
        _body.Add((byte)value);
        return this;
    }

    private FrameBuilder Short(int value) => Byte(value >> 8).Byte(value & 255);

    private FrameBuilder Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Short(bytes.Length);
        _body.AddRange(bytes);
        return this;
    }

    private byte[] Frame(int type, int flags)
    {
        List<byte> frame = [(byte)((type << 4) | flags)];
        var length = _body.Count;
        do
        {
            frame.Add((byte)((length & 127) | (length > 127 ? 128 : 0)));
            length >>= 7;
        }
        while (length > 0);
        frame.AddRange(_body);
        return [.. frame];
    }
}
