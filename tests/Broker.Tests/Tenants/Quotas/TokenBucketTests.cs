using Starling.Broker.Tenants.Quotas;
using Starling.Testing;

namespace Starling.Broker.Tests.Tenants.Quotas;

public sealed class TokenBucketTests
{
    private readonly ManualTime _time = new();
    private readonly TokenBucket _bucket;

    public TokenBucketTests() => _bucket = new(_time) { Rate = 10 };

    [Fact]
    public void A_burst_of_one_second_passes_and_then_the_rate()
    {
        Enumerable.Range(0, 12).Count(_ => _bucket.TryTake(1)).ShouldBe(10);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Enumerable.Range(0, 12).Count(_ => _bucket.TryTake(1)).ShouldBe(1);
        _time.Advance(TimeSpan.FromHours(1));
        Enumerable.Range(0, 12).Count(_ => _bucket.TryTake(1)).ShouldBe(10);
    }

    [Fact]
    public void The_time_until_tokens_are_there_is_exact()
    {
        _bucket.TryTake(10);

        _bucket.TimeUntil(5).ShouldBe(TimeSpan.FromMilliseconds(500));
        _time.Advance(TimeSpan.FromMilliseconds(499));
        _bucket.TryTake(5).ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        _bucket.TimeUntil(5).ShouldBe(TimeSpan.Zero);
        _bucket.TryTake(5).ShouldBeTrue();
    }

    [Fact]
    public void More_than_the_bucket_holds_is_given_when_it_is_full_and_paid_off_afterwards()
    {
        _bucket.TryTake(1);
        _bucket.TryTake(30).ShouldBeFalse();
        _time.Advance(_bucket.TimeUntil(30));

        _bucket.TryTake(30).ShouldBeTrue();
        _bucket.TimeUntil(1).ShouldBe(TimeSpan.FromMilliseconds(2100));
    }

    [Fact]
    public void A_charge_always_succeeds_and_says_how_long_to_pause()
    {
        _bucket.Charge(10).ShouldBe(TimeSpan.Zero);
        _bucket.Charge(25).ShouldBe(TimeSpan.FromMilliseconds(2500));
        _bucket.Charge(5).ShouldBe(TimeSpan.FromMilliseconds(3000));
        _time.Advance(TimeSpan.FromMilliseconds(4000));
        _bucket.Charge(10).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Without_a_rate_nothing_is_limited()
    {
        _bucket.Rate = null;

        _bucket.TryTake(long.MaxValue).ShouldBeTrue();
        _bucket.Charge(long.MaxValue).ShouldBe(TimeSpan.Zero);
        _bucket.TimeUntil(long.MaxValue).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void A_new_rate_holds_at_once()
    {
        _bucket.TryTake(10);
        _bucket.Rate = 1000;
        _time.Advance(TimeSpan.FromMilliseconds(100));

        Enumerable.Range(0, 200).Count(_ => _bucket.TryTake(1)).ShouldBe(100);
    }

    [Fact]
    public void Many_threads_together_get_no_more_than_there_is()
    {
        _bucket.Rate = 1000;
        var given = 0;

        Parallel.For(0, 5000, _ =>
        {
            if (_bucket.TryTake(1))
                Interlocked.Increment(ref given);
        });

        given.ShouldBe(1000);
    }
}
