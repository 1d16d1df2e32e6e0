using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Starling.Grains.Interfaces.Logging;

namespace Starling.Grains.Interfaces.Calls;

/// <summary>Mutual TLS between the processes of a cluster: a certificate that leads to the cluster's authority is what makes a member.</summary>
/// <param name="certificate">This process's, with its key.</param>
/// <param name="authorities">What the others' certificates must lead to.</param>
public sealed class ClusterTls(X509Certificate2 certificate, X509Certificate2Collection authorities)
{
    /// <summary>For connections from silos and edges, and to silos.</summary>
    public void Configure(SiloConnectionOptions connections)
    {
        ArgumentNullException.ThrowIfNull(connections);
        connections.ConfigureSiloInboundConnection(Accept);
        connections.ConfigureGatewayInboundConnection(Accept);
        connections.ConfigureSiloOutboundConnection(Connect);
    }

    /// <summary>For an edge's connections to silos.</summary>
    public void Configure(ClientConnectionOptions connections)
    {
        ArgumentNullException.ThrowIfNull(connections);
        connections.ConfigureConnection(Connect);
    }

    private void Connect(IConnectionBuilder connection) => connection.UseClientTls(Options(connection));

    private void Accept(IConnectionBuilder connection)
    {
        var refusals = connection.ApplicationServices.GetRequiredService<Refusals>();
        connection.Use(next => async context =>
        {
            await next(context);
            // A handshake that fails is not told.
            if (context.Features.Get<ITlsConnectionFeature>()?.RemoteCertificate is null)
                refusals.NoHandshake(context.RemoteEndPoint);
        });
        connection.UseServerTls(Options(connection));
    }

    private TlsOptions Options(IConnectionBuilder connection)
    {
        var refusals = connection.ApplicationServices.GetRequiredService<Refusals>();
        return new TlsOptions
        {
            LocalCertificate = certificate,
            LocalClientCertificateSelector = (_, _, _, _, _) => certificate,
            RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
            ClientCertificateMode = RemoteCertificateMode.RequireCertificate,
            OnAuthenticateAsClient = static (_, client) => client.TargetHost = "starling",
            RemoteCertificateValidation = (remote, _, _) =>
            {
                var isMember = LeadsToAuthority(remote);
                if (!isMember)
                    refusals.Stranger(remote);
                return isMember;
            },
        };
    }

    private bool LeadsToAuthority(X509Certificate2 remote)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(remote);
    }
}
