using System.Collections.Concurrent;
using Starling.Broker.Tenants.Collisions;

namespace Starling.Broker.Tenants.Authentication;

/// <summary>
/// Lets clients that bring the same password for the same user at the same time wait for one check: devices that share a user and all
/// come back at once, before the first of them is verified, would else queue up for the same slow answer. Users do not share, also those
/// that do not exist: it would tell which do.
/// </summary>
internal sealed class SharedChecks(VerifiedCredentials verified, PasswordChecker checker)
{
    private readonly ConcurrentDictionary<string, Task<PasswordVerdict>> _running = new();

    public async Task<PasswordVerdict> CheckAsync(
        string tenant,
        string user,
        Place place,
        string hash,
        string? previous,
        uint padding,
        ReadOnlyMemory<byte> password,
        CancellationToken cancellation)
    {
        var key = tenant + '/' + verified.KeyOf(user, $"{hash}\0{previous}", password.Span);
        while (true)
        {
            var mine = new TaskCompletionSource<PasswordVerdict>(TaskCreationOptions.RunContinuationsAsynchronously);
            var check = _running.GetOrAdd(key, mine.Task);
            if (check == mine.Task)
                return await RunAsync(key, mine, () => checker.CheckAsync(tenant, place, hash, previous, padding, password, cancellation)).ConfigureAwait(false);
            try
            {
                return await check.WaitAsync(cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // The client whose check it was has left: somebody else takes it up.
            }
        }
    }

    private async Task<PasswordVerdict> RunAsync(string key, TaskCompletionSource<PasswordVerdict> mine, Func<ValueTask<PasswordVerdict>> begin)
    {
        var check = begin().AsTask();
        await ((Task)check).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _running.TryRemove(key, out _);
        mine.TrySetFromTask(check);
        return await mine.Task.ConfigureAwait(false);
    }
}
