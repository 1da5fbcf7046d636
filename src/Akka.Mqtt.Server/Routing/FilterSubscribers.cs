namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// The subscribers of one filter: a single <see cref="Subscriber"/>, which is the usual case and needs no other object, or a
/// <see cref="ManySubscribers"/>. Immutable.
/// </summary>
internal abstract record FilterSubscribers
{
    /// <summary>Whether one of the subscribers belongs to this process.</summary>
    /// <param name="subscribers">The subscribers; null for nobody.</param>
    /// <param name="shareName">The name of a group; null for subscribers without a group.</param>
    public static bool HasLocal(FilterSubscribers? subscribers, string? shareName) => subscribers switch
    {
        null => false,
        Subscriber one => shareName is null && !one.IsNode,
        ManySubscribers many when shareName is null => many.Members.HasLocal,
        ManySubscribers many => Array.Find(many.Groups, each => each.Key.Name == shareName) is { HasLocal: true },
        _ => false,
    };

    /// <summary>Adds the filter to a list, once for each subscription that a subscriber has among these.</summary>
    /// <param name="filter">The filter of these subscribers.</param>
    /// <param name="id">The subscriber.</param>
    /// <param name="found">The list.</param>
    public void FiltersOf(string filter, SubscriberId id, List<(string Filter, string? ShareName)> found)
    {
        if (this is Subscriber one)
        {
            if (one.Id == id)
                found.Add((filter, null));
            return;
        }
        var many = (ManySubscribers)this;
        if (many.Members.Contains(id))
            found.Add((filter, null));
        foreach (var group in many.Groups)
        {
            if (group.Members.Contains(id))
                found.Add((filter, group.Key.Name));
        }
    }

    /// <summary>Applies a change and returns the new subscribers.</summary>
    /// <param name="subscribers">The subscribers before the change; null for none.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="shareName">The name of the group of a shared subscription, or null.</param>
    /// <param name="id">The subscriber whose subscription is set or removed.</param>
    /// <param name="subscriber">The subscription; null removes it.</param>
    /// <param name="inPlace">Whether the old subscribers are not shared, so that they may be changed in place.</param>
    /// <returns>The subscribers; null when none is left, the same object when nothing has changed.</returns>
    public static FilterSubscribers? Change(
        FilterSubscribers? subscribers, string filter, string? shareName, SubscriberId id, Subscriber? subscriber, bool inPlace = false)
    {
        if (shareName is null && subscribers is null)
            return subscriber;
        if (shareName is null && subscribers is Subscriber one && one.Id == id)
            return subscriber;
        if (subscriber is null && subscribers is not ManySubscribers)
            return subscribers;
        var all = subscribers switch
        {
            ManySubscribers many => many,
            Subscriber single => new ManySubscribers(SubscriberSet.Empty.With(single), []),
            _ => new ManySubscribers(SubscriberSet.Empty, []),
        };
        return all.Change(filter, shareName, id, subscriber, inPlace).Simplest();
    }
}

/// <summary>Several subscribers of one filter, or shared subscriptions.</summary>
/// <param name="Members">The subscribers without a group.</param>
/// <param name="Groups">The groups, each with at least one member.</param>
internal sealed record ManySubscribers(SubscriberSet Members, SharedGroup[] Groups) : FilterSubscribers
{
    public ManySubscribers Change(string filter, string? shareName, SubscriberId id, Subscriber? subscriber, bool inPlace)
    {
        if (shareName is null)
            return this with { Members = Change(Members, id, subscriber, inPlace) };
        var index = Array.FindIndex(Groups, each => each.Key.Name == shareName);
        if (index < 0)
        {
            return subscriber is null
                ? this
                : this with { Groups = [.. Groups, new SharedGroup(shareName, filter).With(SubscriberSet.Empty.With(subscriber))] };
        }
        var members = Change(Groups[index].Members, id, subscriber, inPlace);
        return this with
        {
            Groups = members.Count == 0
                ? [.. Groups[..index], .. Groups[(index + 1)..]]
                : [.. Groups[..index], Groups[index].With(members), .. Groups[(index + 1)..]],
        };
    }

    public FilterSubscribers? Simplest() => (Groups.Length, Members.Count) switch
    {
        (0, 0) => null,
        (0, 1) => Members.All[0],
        _ => this,
    };

    private static SubscriberSet Change(SubscriberSet set, SubscriberId id, Subscriber? subscriber, bool inPlace) =>
        subscriber is null ? set.Without(id) : set.With(subscriber, inPlace);
}
