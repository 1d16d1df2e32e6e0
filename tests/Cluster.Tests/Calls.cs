using System.Threading.Channels;
using Starling.Broker.Contracts;
using Starling.Testing;

namespace Starling.Cluster.Tests;

/// <summary>Calls that came to a stand-in of another process and wait for the test to say what becomes of them.</summary>
internal sealed class Calls<TArgument, TResult>
{
    private readonly Channel<Call<TArgument, TResult>> _calls = Channel.CreateUnbounded<Call<TArgument, TResult>>();

    /// <summary>Calls that have come and that the test has not taken.</summary>
    public int Waiting => _calls.Reader.Count;

    public async ValueTask<TResult> MakeAsync(TArgument argument)
    {
        var call = new Call<TArgument, TResult>(argument);
        _calls.Writer.TryWrite(call);
        return await call.Result;
    }

    /// <summary>The next call, which may come only after a pause.</summary>
    public async Task<Call<TArgument, TResult>> NextAsync(ManualTime? time = null)
    {
        var next = _calls.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        if (time is not null)
            await time.AdvanceUntilAsync(next);
        return await next;
    }
}

internal sealed class Call<TArgument, TResult>(TArgument argument)
{
    private readonly TaskCompletionSource<TResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TArgument Argument => argument;

    public Task<TResult> Result => _result.Task;

    public void Answer(TResult result) => _result.SetResult(result);

    /// <summary>Its outcome is not known.</summary>
    public void Lose() => _result.SetException(new RemoteCallException("Lost."));
}

internal static class Patience
{
    /// <summary>Moves the clock in small steps until the task is done.</summary>
    public static async Task AdvanceUntilAsync(this ManualTime time, Task task)
    {
        while (!task.IsCompleted)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            // Not before somebody waits for it: what is still being worked on would find itself too late.
            if (time.HasTimers)
                time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Yield();
        }
    }
}
