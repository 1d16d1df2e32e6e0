namespace Starling.Protocol;

/// <summary>A set of property identifiers, one bit each.</summary>
internal readonly record struct PropertySet(ulong Bits)
{
    private const int Highest = (int)PropertyId.SharedSubscriptionAvailable;

    public static readonly PropertySet UserPropertyOnly = Of(PropertyId.UserProperty);

    public static readonly PropertySet Diagnostics = Of(PropertyId.ReasonString, PropertyId.UserProperty);

    public static readonly PropertySet Subscribe = Of(PropertyId.SubscriptionIdentifier, PropertyId.UserProperty);

    public static readonly PropertySet Auth =
        Of(PropertyId.AuthenticationMethod, PropertyId.AuthenticationData, PropertyId.ReasonString, PropertyId.UserProperty);

    public static readonly PropertySet Disconnect =
        Of(PropertyId.SessionExpiryInterval, PropertyId.ServerReference, PropertyId.ReasonString, PropertyId.UserProperty);

    /// <summary>What a server passes on with a message as it came.</summary>
    public static readonly PropertySet Forwarded = Of(
        PropertyId.PayloadFormatIndicator, PropertyId.ContentType, PropertyId.ResponseTopic, PropertyId.CorrelationData,
        PropertyId.UserProperty);

    public static readonly PropertySet Will = Forwarded | Of(PropertyId.MessageExpiryInterval, PropertyId.WillDelayInterval);

    public static readonly PropertySet Publish =
        Forwarded | Of(PropertyId.MessageExpiryInterval, PropertyId.TopicAlias, PropertyId.SubscriptionIdentifier);

    public static readonly PropertySet Connect = Of(
        PropertyId.SessionExpiryInterval, PropertyId.ReceiveMaximum, PropertyId.MaximumPacketSize, PropertyId.TopicAliasMaximum,
        PropertyId.RequestResponseInformation, PropertyId.RequestProblemInformation, PropertyId.UserProperty,
        PropertyId.AuthenticationMethod, PropertyId.AuthenticationData);

    public static readonly PropertySet ConnAck = Of(
        PropertyId.SessionExpiryInterval, PropertyId.ReceiveMaximum, PropertyId.MaximumQoS, PropertyId.RetainAvailable,
        PropertyId.MaximumPacketSize, PropertyId.AssignedClientIdentifier, PropertyId.TopicAliasMaximum, PropertyId.ReasonString,
        PropertyId.UserProperty, PropertyId.WildcardSubscriptionAvailable, PropertyId.SubscriptionIdentifierAvailable,
        PropertyId.SharedSubscriptionAvailable, PropertyId.ServerKeepAlive, PropertyId.ResponseInformation, PropertyId.ServerReference,
        PropertyId.AuthenticationMethod, PropertyId.AuthenticationData);

    public static PropertySet operator |(PropertySet left, PropertySet right) => new(left.Bits | right.Bits);

    public static PropertySet Of(params ReadOnlySpan<PropertyId> identifiers)
    {
        var bits = 0UL;
        foreach (var identifier in identifiers)
            bits |= 1UL << (int)identifier;
        return new(bits);
    }

    public bool Contains(PropertyId identifier) => (int)identifier <= Highest && ((Bits >> (int)identifier) & 1) != 0;
}
