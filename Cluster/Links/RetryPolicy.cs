using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Links;

/// <summary>Makes calls that may be made twice, again until their outcome is known.</summary>
internal sealed class RetryPolicy(LinkOptions options, TimeProvider time)
{
    /// <param name="call">What it ends with is its outcome, unless that is an exception which is no answer (<see cref="CallAnswers.IsAnswer"/>).</param>
    /// <param name="isOver">Asked before each repeat: whether nobody is interested in the outcome any more.</param>
    /// <param name="cancellation">Ends the pauses.</param>
    /// <exception cref="StoreUnavailableException">It is not known after <see cref="LinkOptions.Patience"/>, or nobody is interested.</exception>
    public async ValueTask<TResult> CallAsync<TResult>(
        Func<ValueTask<TResult>> call, Func<bool>? isOver = null, CancellationToken cancellation = default)
    {
        var since = time.GetTimestamp();
        for (var pause = options.FirstPause; ; pause = options.After(pause))
        {
            try
            {
                return await call().ConfigureAwait(false);
            }
            catch (Exception error) when (!CallAnswers.IsAnswer(error))
            {
                if (isOver?.Invoke() == true || time.GetElapsedTime(since) + pause > options.Patience)
                    throw new StoreUnavailableException("Another process of the cluster did not answer in time.", error);
            }

            await Task.Delay(pause, time, cancellation).ConfigureAwait(false);
        }
    }

    public async ValueTask CallAsync(Func<ValueTask> call) => await CallAsync(async () =>
    {
        await call().ConfigureAwait(false);
        return true;
    }).ConfigureAwait(false);
}
