using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Starling.Broker.Tenants.Collisions;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tenants.Authentication;

internal enum PasswordVerdict
{
    Wrong,
    Right,

    /// <summary>It is the previous password.</summary>
    RightBefore,

    /// <summary>Too much is waiting already.</summary>
    Busy,
}

/// <summary>One password to compare with one hash; done when somebody awaits <see cref="Verdict"/> to its end.</summary>
/// <param name="padding">
/// Iterations to compute in addition when the password is wrong, so that a cheap hash takes as long as the tenant's costliest.
/// </param>
/// <param name="previous">The hash to compare with if the first is not right, or null.</param>
internal sealed class PasswordCheck(string hash, string? previous, byte[] password, uint padding, CancellationToken cancellation)
{
    private static readonly byte[] PaddingSalt = new byte[16];

    private readonly TaskCompletionSource<PasswordVerdict> _verdict = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<PasswordVerdict> Verdict => _verdict.Task;

    /// <summary>It does not have its turn any more.</summary>
    public void GiveWay() => _verdict.TrySetResult(PasswordVerdict.Busy);

    public void Run(PasswordHasher<User> hasher)
    {
        if (cancellation.IsCancellationRequested)
        {
            _verdict.TrySetCanceled(cancellation);
            return;
        }
        try
        {
            // A password with bytes that are no UTF-8 can't have been hashed: hash its replacement for the time it takes, then say no.
            var text = Encoding.UTF8.GetString(password);
            var verdict = IsRight(hasher, hash, text) ? PasswordVerdict.Right
                : previous is not null && IsRight(hasher, previous, text) ? PasswordVerdict.RightBefore
                : PasswordVerdict.Wrong;
            if (verdict == PasswordVerdict.Wrong && padding > 0)
                Rfc2898DeriveBytes.Pbkdf2(password, PaddingSalt, (int)padding, HashAlgorithmName.SHA512, outputLength: 32);
            _verdict.TrySetResult(verdict);
        }
        catch (Exception error)
        {
            _verdict.TrySetException(error);
        }
    }

    private bool IsRight(PasswordHasher<User> hasher, string with, string text) =>
        hasher.VerifyHashedPassword(User.Anonymous, with, text) != PasswordVerificationResult.Failed && System.Text.Unicode.Utf8.IsValid(password);
}

/// <summary>
/// Checks passwords on a few threads of its own, so that PBKDF2 never runs on the threads that move messages and a flood of logins can
/// take no more of the machine than those. They ask for a priority below normal, which operating systems may ignore (Linux does): the
/// number of threads is the guarantee.
/// </summary>
internal sealed class PasswordChecker : IDisposable
{
    private readonly PasswordHasher<User> _hasher = new();
    private readonly PasswordCheckQueue _queue;
    private readonly Thread[] _threads;

    public PasswordChecker(AuthenticatorOptions options)
    {
        _queue = new(options.QueueLength, options.QueueLengthPerTenant);
        _threads = new Thread[options.Threads];
        for (var i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new(Work) { IsBackground = true, Name = $"password check {i}", Priority = ThreadPriority.BelowNormal };
            _threads[i].Start();
        }
    }

    /// <summary>Waits for a thread to compare them; the password is copied.</summary>
    public async ValueTask<PasswordVerdict> CheckAsync(string tenant, Place place, string hash, string? previous, uint padding, ReadOnlyMemory<byte> password, CancellationToken cancellation)
    {
        var check = new PasswordCheck(hash, previous, password.ToArray(), padding, cancellation);
        return _queue.TryAdd(tenant, place, check) ? await check.Verdict.ConfigureAwait(false) : PasswordVerdict.Busy;
    }

    /// <summary>Finishes what is waiting and ends the threads.</summary>
    public void Dispose()
    {
        _queue.Close();
        foreach (var thread in _threads)
            thread.Join();
    }

    private void Work()
    {
        while (_queue.Take() is { } check)
            check.Run(_hasher);
    }
}
