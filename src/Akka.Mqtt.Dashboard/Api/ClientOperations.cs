using System.Net;
using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Dashboard.Live;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Directories;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Dashboard.Api;

/// <summary>Clients: lists, one of them, disconnecting and banning.</summary>
internal static class ClientOperations
{
    /// <summary>Most sessions on a page.</summary>
    public const int MaxPage = 1000;

    /// <summary>Most characters to search for.</summary>
    public const int MaxSearch = 256;

    private const long MaxBanSeconds = 315_360_000; // ten years

    public static async Task<object> ListAsync(Call call)
    {
        var limit = call.Number("limit", 50, 1, MaxPage);
        var get = new MqttServer.GetClients
        {
            Search = call.Text("search", MaxSearch) ?? "",
            After = call.Text("after") ?? "",
            ConnectedOnly = call.Flag("connected"),
            Limit = limit,
        };
        if (!call.Flag("local") && call.Nodes is { } nodes)
        {
            var page = await call.NodesAsync(cancel => nodes.ListAsync(get, cancel)).ConfigureAwait(false);
            return new ClientsAnswer([.. page.Clients.Select(static each => RowOf(each.Client, each.Node))], page.Total, page.Next, page.Missing);
        }
        var list = (MqttServer.ClientList)await call.AskAsync(get).ConfigureAwait(false);
        return new ClientsAnswer(
            [.. list.Clients.Select(static each => RowOf(each, null))], list.Total, list.Clients.Count == limit ? list.Clients[limit - 1].ClientId : null, []);
    }

    public static BusyAnswer Busy(Call call) => BusyClients.Of(call.Server).Take(call.Number("limit", 20, 1, BusyClients.Most));

    public static async Task<object> InspectAsync(Call call)
    {
        var clientId = call.Required("id");
        if (await call.AskAsync(new MqttServer.InspectClient(clientId)).ConfigureAwait(false) is not ClientState state)
            throw call.Nodes is null ? NotFound() : new RequestFailure(404, "This node has no session of this client. The list of clients names its node; see the dashboard of that node.");
        var target = call.Server.Context.Clients.Find(clientId)?.Target as ActorTarget;
        return new ClientAnswer(
            state.ClientId,
            Of(state.Connection),
            state.SessionExpiryInterval == uint.MaxValue ? null : state.SessionExpiryInterval,
            state.HasWill,
            [
                .. state.Subscriptions.Select(static each => new SubscriptionAnswer(
                    each.Filter, (int)each.QoS, each.NoLocal, each.RetainAsPublished, each.RetainHandling.ToString())),
            ],
            state.InflightMessages,
            state.InflightQuota,
            state.InflightBytes,
            state.UnreleasedMessages,
            state.QueuedMessages,
            state.QueuedQoS0Messages,
            state.QueuedBytes,
            state.OutstandingBytes,
            target?.Unhandled,
            state.IsSlow,
            state.IsThrottled,
            state.MessagesReceived,
            state.MessagesSent,
            state.BytesReceived,
            state.BytesSent,
            [
                .. state.LastPackets.Select(static each => new PacketAnswer(
                    each.At, each.Received, each.Type.ToString(), each.PacketId, each.Topic, (int)each.QoS, each.Size)),
            ]);
    }

    public static async Task<object> DisconnectAsync(Call call)
    {
        var request = await call.BodyAsync<DisconnectRequest>().ConfigureAwait(false);
        call.Subject = request.ClientId;
        return await DisconnectAsync(call, new MqttServer.DisconnectClient(request.ClientId) { EndSession = request.EndSession }).ConfigureAwait(false) is { } wasConnected
            ? new DisconnectAnswer(request.ClientId, wasConnected)
            : throw NotFound();
    }

    public static BansAnswer Bans(Call call) =>
        new([.. call.Server.Bans.List().Select(static each => new BanAnswer(each.ClientId, each.Address?.ToString(), each.Until))]);

    public static async Task<object> BanAsync(Call call)
    {
        var request = await call.BodyAsync<BanRequest>().ConfigureAwait(false);
        var (clientId, address) = SubjectOf(call, request.ClientId, request.Address);
        if (request.Seconds is < 1 or > MaxBanSeconds)
            throw new RequestFailure(400, $"seconds is out of range: 1 to {MaxBanSeconds}.");
        TimeSpan? duration = request.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
        try
        {
            if (address is not null)
                call.Server.Bans.Add(address, duration);
            else
                call.Server.Bans.Add(clientId!, duration);
        }
        catch (InvalidOperationException error)
        {
            throw new RequestFailure(409, error.Message);
        }
        var missing = await ChangeElsewhereAsync(call, new BanChange(clientId, address?.ToString(), Adds: true, request.Seconds ?? 0)).ConfigureAwait(false);
        if (clientId is not null && request.Disconnect)
            await DisconnectAsync(call, new MqttServer.DisconnectClient(clientId)).ConfigureAwait(false);
        return new BanChangeAnswer(true, missing.Missing);
    }

    public static async Task<object> UnbanAsync(Call call)
    {
        var request = await call.BodyAsync<UnbanRequest>().ConfigureAwait(false);
        var (clientId, address) = SubjectOf(call, request.ClientId, request.Address);
        var here = address is not null ? call.Server.Bans.Remove(address) : call.Server.Bans.Remove(clientId!);
        var elsewhere = await ChangeElsewhereAsync(call, new BanChange(clientId, address?.ToString(), Adds: false)).ConfigureAwait(false);
        return new BanChangeAnswer(here || elsewhere.Changed > 0, elsewhere.Missing);
    }

    /// <summary>Closes a connection on any node.</summary>
    /// <returns>Whether the client was connected; null when there is no session of it.</returns>
    private static async Task<bool?> DisconnectAsync(Call call, MqttServer.DisconnectClient disconnect)
    {
        if (call.Nodes is not { } nodes)
            return (await call.AskAsync(disconnect).ConfigureAwait(false) as MqttServer.ClientDisconnecting)?.WasConnected;
        return await call.NodesAsync(cancel => nodes.DisconnectAsync(disconnect, cancel)).ConfigureAwait(false) switch
        {
            ClientFate.Ended => true,
            ClientFate.NotConnected => false,
            ClientFate.Unknown => null,
            _ => throw new RequestFailure(503, "A node that may have the client did not answer. The client may still be connected."),
        };
    }

    private static async Task<BanOutcome> ChangeElsewhereAsync(Call call, BanChange change) => call.Nodes is { } nodes
        ? await call.NodesAsync(cancel => nodes.ChangeBanAsync(change, cancel)).ConfigureAwait(false)
        : new BanOutcome(0, []);

    private static ClientRow RowOf(ClientInfo client, string? node) => new(client.ClientId, Of(client.Connection), client.QueuedMessages, client.WaitingBytes, node);

    private static (string? ClientId, IPAddress? Address) SubjectOf(Call call, string? clientId, string? address)
    {
        if (string.IsNullOrEmpty(clientId) == string.IsNullOrEmpty(address))
            throw new RequestFailure(400, "Either clientId or address is required.");
        call.Subject = clientId ?? address!;
        if (clientId is { Length: > 0 })
            return clientId.Length <= Call.MaxText ? (clientId, null) : throw new RequestFailure(400, $"clientId is longer than {Call.MaxText} characters.");
        return IPAddress.TryParse(address, out var parsed) ? (null, parsed) : throw new RequestFailure(400, "address is not an IP address.");
    }

    private static ConnectionAnswer? Of(ClientConnection? connection) => connection is null
        ? null
        : new ConnectionAnswer(
            connection.Transport.RemoteAddress?.ToString(),
            connection.Transport.Kind.ToString(),
            connection.Version.ToString(),
            connection.UserName,
            connection.KeepAlive,
            connection.ConnectedAt);

    private static RequestFailure NotFound() => new(404, "There is no session of this client.");
}
