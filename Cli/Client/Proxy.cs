using System.Text;

namespace Starling.Cli.Client;

/// <summary>A SOCKS5 proxy (RFC 1928), which also looks the broker's name up.</summary>
/// <param name="User">Null to log in as nobody.</param>
internal sealed record Proxy(string Host, int Port, string? User, string? Password)
{
    private const byte Version = 5;
    private const byte NoLogin = 0;
    private const byte UserAndPassword = 2;

    /// <summary>Asks for a connection to the broker over a connection to the proxy.</summary>
    /// <exception cref="MqttClientException">The proxy refuses.</exception>
    public async Task ConnectAsync(Stream stream, string host, int port, CancellationToken cancellation)
    {
        await stream.WriteAsync(new[] { Version, (byte)1, User is null ? NoLogin : UserAndPassword }, cancellation);
        var method = await ReadAsync(stream, 2, cancellation);
        if (method[1] != (User is null ? NoLogin : UserAndPassword))
            throw new MqttClientException($"the proxy {Host}:{Port} wants another way to log in");
        if (User is not null)
            await LogInAsync(stream, cancellation);
        var name = Encoding.UTF8.GetBytes(host);
        byte[] request = [Version, 1, 0, 3, (byte)name.Length, .. name, (byte)(port >> 8), (byte)port];
        await stream.WriteAsync(request, cancellation);
        var answer = await ReadAsync(stream, 4, cancellation);
        if (answer[1] != 0)
            throw new MqttClientException($"the proxy {Host}:{Port} can't connect to {host}:{port}: {Reason(answer[1])}");
        var length = answer[3] switch
        {
            1 => 4,
            4 => 16,
            _ => (await ReadAsync(stream, 1, cancellation))[0],
        };
        await ReadAsync(stream, length + 2, cancellation);
    }

    private async Task LogInAsync(Stream stream, CancellationToken cancellation)
    {
        var (user, password) = (Encoding.UTF8.GetBytes(User!), Encoding.UTF8.GetBytes(Password ?? ""));
        byte[] login = [1, (byte)user.Length, .. user, (byte)password.Length, .. password];
        await stream.WriteAsync(login, cancellation);
        if ((await ReadAsync(stream, 2, cancellation))[1] != 0)
            throw new MqttClientException($"the proxy {Host}:{Port} refused the login");
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int length, CancellationToken cancellation)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }

    private static string Reason(byte code) => code switch
    {
        2 => "not allowed",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time-out",
        _ => $"failure {code}",
    };
}
