using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Starling.Edge.Configuration;
using Starling.Edge.Transports;
using Starling.Hosting.Configuration;

namespace Starling.Edge.Listeners.Tls;

/// <summary>Loads a listener's certificates and loads them again when their files change; a broken new file leaves the old ones in use.</summary>
internal sealed partial class TlsIdentitySource
{
    private static readonly TimeSpan ExpiryWarning = TimeSpan.FromDays(21);
    private static readonly TimeSpan ExpiryWarningInterval = TimeSpan.FromDays(1);

    private readonly ListenerOptions _listener;
    private readonly TlsOptions _tls;
    private readonly string _setting;
    private readonly Func<string, string> _resolve;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IReadOnlyList<CertificateOptions> _certificates;
    private byte[] _fingerprint;
    private readonly VerifiedClients _clients = new();
    private DateTimeOffset _nextExpiryWarning;
    private DateTimeOffset? _nextRevocationList;
    private volatile TlsIdentity _current;

    /// <param name="setting">The listener's path in the settings, for errors.</param>
    /// <param name="development">The self-made certificate, for listeners that ask for it.</param>
    /// <param name="resolve">Makes file names absolute.</param>
    /// <exception cref="SettingException">A certificate cannot be loaded.</exception>
    public TlsIdentitySource(
        ListenerOptions listener, string setting, CertificateOptions? development, Func<string, string> resolve, TimeProvider time, ILogger logger)
    {
        (_listener, _tls, _setting, _resolve, _time, _logger) = (listener, listener.Tls!, setting, resolve, time, logger);
        _certificates = development is null ? _tls.Certificates : [development];
        _fingerprint = Fingerprint();
        _current = Load();
        WarnOfExpiry();
    }

    public string Listener => _listener.Name;

    public TlsIdentity Current => _current;

    /// <summary>The connection stays under the eye of <see cref="CheckFiles"/> until <see cref="Ended"/>.</summary>
    public void Verified(ClientCertificate certificate, ClientCertificateRules by) => _clients.Add(certificate, by);

    public void Ended(ClientCertificate certificate) => _clients.Remove(certificate);

    /// <summary>To be called now and then, never twice at once.</summary>
    public void CheckFiles()
    {
        var fingerprint = Fingerprint();
        if (!fingerprint.AsSpan().SequenceEqual(_fingerprint))
        {
            _fingerprint = fingerprint;
            try
            {
                _current = Load();
                _nextExpiryWarning = default;
                LogReloaded(Listener);
            }
            catch (SettingException e)
            {
                LogKept(Listener, e.Message);
            }
        }
        WarnOfExpiry();
        if (_current.Clients is { } rules && _clients.Examine(rules, _time.GetUtcNow()) is > 0 and var revoked)
            LogRevoked(Listener, revoked);
    }

    private TlsIdentity Load()
    {
        var certificates = _certificates.Select((certificate, i) =>
            Try($"{_setting}.tls.certificates[{i}].file", certificate.File, () => CertificateFiles.Load(certificate, _resolve))).ToList();
        if (_tls.ClientCaFile is not { } file)
            return new TlsIdentity(_tls, certificates, clients: null);
        var authorities = Try($"{_setting}.tls.clientCaFile", file, () => CertificateFiles.LoadAuthorities(_resolve(file)));
        var revoked = (_tls.ClientCrlFiles ?? []).SelectMany((list, i) =>
            Try($"{_setting}.tls.clientCrlFiles[{i}]", list, () => RevocationList.Load(_resolve(list), authorities))).ToList();
        _nextRevocationList = revoked.Min(list => list.NextUpdate);
        return new TlsIdentity(_tls, certificates, new ClientCertificateRules(_tls.ClientCertificates, authorities, revoked));
    }

    private static T Try<T>(string setting, string file, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new SettingException(setting, $"cannot use certificate \"{file}\": {e.Message}");
        }
    }

    /// <summary>Of what the files hold: times and sizes do not tell a renewed file reached through a symbolic link.</summary>
    private byte[] Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = _certificates.SelectMany(certificate => new[] { certificate.File, certificate.KeyFile }).Append(_tls.ClientCaFile).Concat(_tls.ClientCrlFiles ?? []);
        foreach (var file in files.OfType<string>())
        {
            try
            {
                hash.AppendData(File.ReadAllBytes(_resolve(file)));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                hash.AppendData("unreadable"u8);
            }
        }
        return hash.GetHashAndReset();
    }

    private void WarnOfExpiry()
    {
        var now = _time.GetUtcNow();
        if (now < _nextExpiryWarning)
            return;
        _nextExpiryWarning = now + ExpiryWarningInterval;
        if (_nextRevocationList <= now)
            LogRevocationListOld(Listener, _nextRevocationList.Value);
        foreach (var certificate in _current.Certificates)
        {
            if (certificate.Leaf.NotAfter.ToUniversalTime() <= now)
                LogExpired(Listener, certificate.File, certificate.Leaf.NotAfter.ToUniversalTime());
            else if (certificate.Leaf.NotAfter.ToUniversalTime() - ExpiryWarning <= now)
                LogExpiresSoon(Listener, certificate.File, certificate.Leaf.NotAfter.ToUniversalTime());
        }
    }
}
