using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tests.Tenants.Access;

public sealed class ClientAccessTests
{
    [Fact]
    public void Nothing_is_allowed_without_a_rule()
    {
        var access = Access();

        access.MayPublish("a").ShouldBeFalse();
        access.MaySubscribe("a").ShouldBeFalse();
        access.MayReceive("a").ShouldBeFalse();
    }

    [Fact]
    public void The_first_matching_rule_decides()
    {
        var access = Access("deny publish a/secret", "allow publish a/#", "deny publish a/b");

        access.MayPublish("a/secret").ShouldBeFalse();
        access.MayPublish("a/b").ShouldBeTrue();
        access.MayPublish("b").ShouldBeFalse();
    }

    [Fact]
    public void A_rule_about_publishing_says_nothing_about_subscribing()
    {
        var access = Access("allow publish a", "allow subscribe b");

        access.MaySubscribe("a").ShouldBeFalse();
        access.MayPublish("b").ShouldBeFalse();
        access.MaySubscribe("b").ShouldBeTrue();
    }

    [Fact]
    public void The_users_own_rules_come_before_the_tenants()
    {
        using var house = new House(new TenantOptions
        {
            Name = "acme",
            Users = [new() { Name = "device7", Acl = House.Rules("deny all a/#") }, new() { Name = "device8" }],
            Acl = House.Rules("allow all #"),
        });

        house["acme"].AccessFor(new("device7"), "c").MayPublish("a/b").ShouldBeFalse();
        house["acme"].AccessFor(new("device7"), "c").MayPublish("b").ShouldBeTrue();
        house["acme"].AccessFor(new("device8"), "c").MayPublish("a/b").ShouldBeTrue();
    }

    [Fact]
    public void A_subscription_must_be_covered_as_a_whole_by_one_rule()
    {
        var access = Access("allow subscribe a/+", "allow subscribe b/#");

        access.MaySubscribe("a/+").ShouldBeTrue();
        access.MaySubscribe("a/x").ShouldBeTrue();
        access.MaySubscribe("a/#").ShouldBeFalse();
        access.MaySubscribe("#").ShouldBeFalse();
        access.MaySubscribe("b/+/c").ShouldBeTrue();
        access.MaySubscribe("+/x").ShouldBeFalse();
    }

    [Fact]
    public void A_denial_inside_a_wildcard_subscription_is_applied_at_delivery()
    {
        var access = Access("deny subscribe secret/#", "allow subscribe #");

        access.MaySubscribe("#").ShouldBeTrue();
        access.MaySubscribe("secret/a").ShouldBeFalse();
        access.NeedsReceiveCheck.ShouldBeTrue();
        access.MayReceive("secret/a").ShouldBeFalse();
        access.MayReceive("a").ShouldBeTrue();
    }

    [Theory]
    [InlineData("allow subscribe #", false)]
    [InlineData("deny publish secret/#|allow all #", false)]
    [InlineData("deny subscribe x/#|allow subscribe a/#", false)]
    [InlineData("deny subscribe a/#|allow subscribe a/b", false)]
    [InlineData("allow subscribe #|deny subscribe a", false)]
    [InlineData("deny all a/+/secret|allow all a/#", true)]
    public void Delivery_is_checked_only_if_a_denial_reaches_into_a_later_permission(string rules, bool needed) =>
        Access(rules.Split('|')).NeedsReceiveCheck.ShouldBe(needed);

    [Fact]
    public void A_shared_subscription_is_judged_by_the_filter_inside_it()
    {
        var access = Access("allow subscribe a/#");

        access.MaySubscribe("$share/group/a/b").ShouldBeTrue();
        access.MaySubscribe("$share/group/b").ShouldBeFalse();
        access.MaySubscribe("$share/a/#").ShouldBeFalse();
        access.MaySubscribe("$share/a").ShouldBeFalse();
        access.MaySubscribe("$share/a/").ShouldBeFalse();
    }

    [Fact]
    public void Dollar_topics_need_a_rule_that_names_them()
    {
        Access("allow all #").MaySubscribe("$SYS/#").ShouldBeFalse();
        Access("allow all #").MayPublish("$SYS/a").ShouldBeFalse();
        Access("allow subscribe $SYS/#").MaySubscribe("$SYS/broker/uptime").ShouldBeTrue();
    }

    [Fact]
    public void Placeholders_stand_for_the_user_name_and_the_client_id()
    {
        var access = AccessOf("ann", "c1", "allow all users/%u/#", "allow all clients/dev-%c/%%");

        access.MayPublish("users/ann/x").ShouldBeTrue();
        access.MayPublish("users/bob/x").ShouldBeFalse();
        access.MaySubscribe("clients/dev-c1/%").ShouldBeTrue();
        access.MaySubscribe("clients/dev-c2/%").ShouldBeFalse();
    }

    [Theory]
    [InlineData("#")]
    [InlineData("+")]
    [InlineData("+/b")]
    [InlineData("a/b")]
    [InlineData("ann#")]
    [InlineData("/")]
    [InlineData("a\0b")]
    public void A_wildcard_or_separator_in_a_name_never_widens_a_rule_CVE_2017_7650(string name)
    {
        foreach (var access in new[] { AccessOf(name, "c", "allow all users/%u/#"), AccessOf("u", name, "allow all users/%c/#") })
        {
            access.MayPublish("users/ann/x").ShouldBeFalse();
            access.MayReceive("users/ann/x").ShouldBeFalse();
            access.MaySubscribe("users/+/#").ShouldBeFalse();
            access.MaySubscribe("users/#").ShouldBeFalse();
            access.MaySubscribe($"users/{name}/x").ShouldBeFalse();
            access.MayPublish($"users/{name}/x").ShouldBeFalse();
        }
    }

    [Fact]
    public void A_name_that_looks_like_a_placeholder_is_not_substituted_again()
    {
        var access = AccessOf("%c", "victim", "allow all users/%u");

        access.MayPublish("users/victim").ShouldBeFalse();
        access.MayPublish("users/%c").ShouldBeTrue();
    }

    [Fact]
    public void A_client_id_can_not_open_the_dollar_topics_to_a_rule_that_begins_with_it()
    {
        AccessOf("ann", "$SYS", "allow all %c/#").MaySubscribe("$SYS/#").ShouldBeFalse();
        AccessOf("$SYS", "c", "allow all %u/#").MayPublish("$SYS/a").ShouldBeFalse();
    }

    [Fact]
    public void A_rule_about_the_user_never_matches_an_anonymous_client()
    {
        using var house = new House(new TenantOptions
        {
            Name = "acme",
            Anonymous = new(House.Rules("allow all users/%u/#", "allow all open/%c")),
        });

        var access = house["acme"].AccessFor(User.Anonymous, "c1");

        access.MayPublish("users//x").ShouldBeFalse();
        access.MaySubscribe("users/#").ShouldBeFalse();
        access.MayPublish("open/c1").ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/#/b")]
    [InlineData("a#")]
    [InlineData("a+/b")]
    [InlineData("%u#")]
    [InlineData("a/%x")]
    [InlineData("a/%")]
    [InlineData("a\0")]
    [InlineData("$share/g/a")]
    public void A_bad_pattern_is_refused_with_a_reason(string text)
    {
        AclPattern.TryParse(text, out _, out var error).ShouldBeFalse();
        error.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public void Clients_of_rules_without_placeholders_share_the_compiled_rules()
    {
        var rules = new AccessRules(House.Rules("allow all a"), []);

        rules.For("u", "c").ShouldBeSameAs(rules);
    }

    private static ClientAccess Access(params string[] rules) => AccessOf("ann", "c1", rules);

    private static ClientAccess AccessOf(string user, string client, params string[] rules)
    {
        using var house = new House(new TenantOptions { Name = "acme", Users = [new() { Name = user, Acl = House.Rules(rules) }] });
        return house["acme"].AccessFor(new(user), client);
    }
}
