using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;

namespace Starling.Broker.Tests.Tenants.Quotas;

public sealed class TenantQuotasTests : IDisposable
{
    private readonly House _house = new(
        new TenantOptions
        {
            Name = "acme",
            Limits = new()
            {
                Connections = 2,
                ConnectsPerSecond = 5,
                MessagesPerSecondIn = 100,
                BytesPerSecondIn = 1000,
                RetainedMessages = 2,
                RetainedBytes = 100,
            },
        },
        new TenantOptions { Name = "free" });

    private TenantQuotas Acme => _house["acme"].Quotas;

    public void Dispose() => _house.Dispose();

    [Fact]
    public void Connections_beyond_the_limit_are_refused_until_one_goes()
    {
        Acme.TryAddConnection().ShouldBe(ReasonCode.Success);
        Acme.TryAddConnection().ShouldBe(ReasonCode.Success);
        Acme.TryAddConnection().ShouldBe(ReasonCode.QuotaExceeded);
        Acme.Connections.ShouldBe(2);
        Acme.RemoveConnection();
        Acme.TryAddConnection().ShouldBe(ReasonCode.Success);

        Acme.Refusals(TenantLimit.Connections).ShouldBe(1);
        _house.Counted("starling.tenant.refusals{tenant=acme,limit=connections}").ShouldBe(1);
        _house.Counted("starling.tenant.connections{tenant=acme}").ShouldBe(2);
    }

    [Fact]
    public void Connections_that_come_too_fast_are_refused_for_that_reason()
    {
        for (var i = 0; i < 5; i++)
        {
            Acme.TryAddConnection().ShouldBe(ReasonCode.Success);
            Acme.RemoveConnection();
        }

        Acme.TryAddConnection().ShouldBe(ReasonCode.ConnectionRateExceeded);
        Acme.Connections.ShouldBe(0);
        _house.Counted("starling.tenant.refusals{tenant=acme,limit=connects_per_second}").ShouldBe(1);
        _house.Time.Advance(TimeSpan.FromMilliseconds(200));
        Acme.TryAddConnection().ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public void Reading_pauses_for_the_longer_of_the_two_debts()
    {
        Acme.DelayIn(10, 100).ShouldBe(TimeSpan.Zero);
        Acme.DelayIn(10, 1900).ShouldBe(TimeSpan.FromSeconds(1));
        Acme.DelayIn(380, 0).ShouldBe(TimeSpan.FromSeconds(3));

        Acme.Refusals(TenantLimit.BytesPerSecondIn).ShouldBe(2);
        Acme.Refusals(TenantLimit.MessagesPerSecondIn).ShouldBe(1);
        Acme.ChargeOut(1_000_000_000);
        Acme.DelayOut(1_000_000).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void One_tenants_use_is_not_anothers()
    {
        Acme.DelayIn(100_000, 0);

        _house["free"].Quotas.DelayIn(100_000, 1 << 30).ShouldBe(TimeSpan.Zero);
        Enumerable.Range(0, 100).ShouldAllBe(_ => _house["free"].Quotas.TryAddConnection() == ReasonCode.Success);
    }

    [Fact]
    public void Retained_messages_are_counted_and_bounded_in_number_and_bytes()
    {
        Acme.TryChangeRetained(1, 60).ShouldBe(ReasonCode.Success);
        Acme.TryChangeRetained(1, 60).ShouldBe(ReasonCode.QuotaExceeded);
        Acme.TryChangeRetained(1, 10).ShouldBe(ReasonCode.Success);
        Acme.TryChangeRetained(1, 1).ShouldBe(ReasonCode.QuotaExceeded);
        Acme.TryChangeRetained(0, 31).ShouldBe(ReasonCode.QuotaExceeded);

        (Acme.RetainedMessages, Acme.RetainedBytes).ShouldBe((2, 70L));
        Acme.Refusals(TenantLimit.RetainedBytes).ShouldBe(2);
        Acme.Refusals(TenantLimit.RetainedMessages).ShouldBe(1);
    }

    [Fact]
    public void What_shrinks_is_never_refused_even_over_a_limit_that_was_lowered()
    {
        Acme.TryChangeRetained(2, 100);
        _house.Directory.Apply([_house["acme"].Options with { Limits = new() { RetainedMessages = 0, RetainedBytes = 0 } }]);

        Acme.TryChangeRetained(0, -1).ShouldBe(ReasonCode.Success);
        Acme.TryChangeRetained(-1, -50).ShouldBe(ReasonCode.Success);
        Acme.TryChangeRetained(1, 1).ShouldBe(ReasonCode.QuotaExceeded);
    }

    [Fact]
    public void New_limits_hold_at_once_and_what_is_in_use_stays_counted()
    {
        Acme.TryAddConnection();
        _house.Directory.Apply([_house["acme"].Options with { Limits = new() { Connections = 1 } }]);

        Acme.TryAddConnection().ShouldBe(ReasonCode.QuotaExceeded);
        Acme.DelayIn(1_000_000, 1_000_000).ShouldBe(TimeSpan.Zero);
    }

    [Theory]
    [InlineData(TenantLimit.PacketSize, ReasonCode.PacketTooLarge)]
    [InlineData(TenantLimit.MessagesPerSecondIn, ReasonCode.MessageRateTooHigh)]
    [InlineData(TenantLimit.TopicLevels, ReasonCode.TopicNameInvalid)]
    [InlineData(TenantLimit.SubscriptionsPerClient, ReasonCode.QuotaExceeded)]
    [InlineData(TenantLimit.InboxBytes, ReasonCode.QuotaExceeded)]
    [InlineData(TenantLimit.MaximumQoS, ReasonCode.QoSNotSupported)]
    public void Each_limit_has_its_reason_code_and_its_counter(TenantLimit limit, ReasonCode expected)
    {
        Acme.Refuse(limit).ShouldBe(expected);
        Acme.Refusals(limit).ShouldBe(1);
    }
}
