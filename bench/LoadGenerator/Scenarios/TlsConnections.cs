using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Starling.LoadGenerator.Net;
using Starling.LoadGenerator.Wire;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>Idle connections over TLS, each with a handshake of its own.</summary>
internal sealed class TlsConnections : IDisposable
{
    private readonly SslStream[] _streams;

    private TlsConnections(int count) => _streams = new SslStream[count];

    public static TlsConnections Open(LoadOptions options, string name, int count)
    {
        var dialer = new Dialer(options.TlsEndPoint ?? throw new InvalidDataException("no TLS port was given"));
        var certificate = options.Certificate ?? throw new InvalidDataException("no certificate was given");
        var connections = new TlsConnections(count);
        Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = Math.Min(options.Opening, 32) },
            async (i, stop) => connections._streams[i] = await OpenAsync(dialer, certificate, options.Login, $"{name}-{i}", stop)).GetAwaiter().GetResult();
        return connections;
    }

    public void Dispose()
    {
        foreach (var stream in _streams)
            stream?.Dispose();
    }

    private static async Task<SslStream> OpenAsync(
        Dialer dialer, X509Certificate2 expected, Login login, string clientId, CancellationToken stop)
    {
        var stream = new SslStream(new NetworkStream(dialer.Open(), ownsSocket: true));
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            AllowTlsResume = false,
            RemoteCertificateValidationCallback = (_, shown, _, _) => expected.Equals(shown),
        };
        await stream.AuthenticateAsClientAsync(options, stop);
        await stream.WriteAsync(FrameBuilder.Connect(login, clientId), stop);
        var answer = new byte[64];
        var length = 0;
        while (!Frame.TryRead(answer.AsSpan(0, length), out _))
        {
            var read = await stream.ReadAsync(answer.AsMemory(length), stop);
            if (read == 0)
                throw new InvalidDataException("The broker closed the connection.");
            length += read;
        }

        return answer[0] >> 4 == Frame.ConnAck && answer[3] == 0 ? stream : throw new InvalidDataException($"CONNECT refused, code {answer[3]}");
    }
}
