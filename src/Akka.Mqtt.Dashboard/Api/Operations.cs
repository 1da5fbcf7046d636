using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Dashboard.Live;
using static Akka.Mqtt.Dashboard.MqttDashboardRole;

namespace Akka.Mqtt.Dashboard.Api;

/// <summary>All operations of the API except the stream of live figures.</summary>
internal static class Operations
{
    /// <summary>The path of the API below that of the dashboard.</summary>
    public const string Root = "api/v1/";

    /// <summary>The path of the stream of live figures.</summary>
    public const string Live = Root + "live";

    public static IReadOnlyList<Operation> All { get; } =
    [
        Get<MeAnswer>("me", "The user of the request, and the user's role.", static call => new MeAnswer(call.User.Name, call.User.Role, !ReferenceEquals(call.User, Security.DashboardUser.Local))),
        Get<ServerAnswer>("server", "The server: its present state, and its counters since it started.", static call => ServerOperations.Describe(call.Server)),
        new("GET", Root + "nodes", Read, "The nodes of the cluster, the one that answers first, each with its state, clients, rates and load. A server that is alone is the only one.", typeof(NodesAnswer), NodeOperations.ListAsync),
        Act<DrainRequest, DrainAnswer>("nodes/drain", "Makes a node disconnect its clients and hand its sessions over to the other nodes. It accepts no clients until its process is started again. The answer is sent when this has started.", NodeOperations.DrainAsync),
        Get<ListenersAnswer>("listeners", "The listeners.", static call => ServerOperations.Listeners(call.Server)),
        Get<RefusedAnswer>("refused", "The last refused clients, the newest one first; of a flood only the first ones.", static call => ServerOperations.Refused(call.Server)),
        new("GET", Root + "clients", Read, "A page of the sessions of all nodes, by client identifier.", typeof(ClientsAnswer), ClientOperations.ListAsync)
        {
            Parameters =
            [
                new("search", "string", $"List only sessions with this text in the client identifier, the user name or the address; ignores case. At most {ClientOperations.MaxSearch} characters."),
                new("local", "boolean", "List only sessions of the node that answers. Default: false."),
                new("connected", "boolean", "List only connected clients. Default: false."),
                new("after", "string", "List only client identifiers after this one: next of the previous page."),
                new("limit", "integer", $"Most sessions, 1 to {ClientOperations.MaxPage}. Default: 50."),
            ],
        },
        new("GET", Root + "clients/busy", Read, "The clients with the most traffic, in bytes a second since the last request.", typeof(BusyAnswer), static call => Task.FromResult<object>(ClientOperations.Busy(call)))
        {
            Parameters = [new("limit", "integer", $"Most clients, 1 to {BusyClients.Most}. Default: 20.")],
        },
        new("GET", Root + "client", Read, "The state of one session of the node that answers.", typeof(ClientAnswer), ClientOperations.InspectAsync)
        {
            Parameters = [new("id", "string", "The client identifier.", IsRequired: true)],
        },
        new("GET", Root + "subscriptions", Read, "A page of the filters that clients have subscribed to, with the numbers of their subscribers.", typeof(FiltersAnswer), static call => Task.FromResult<object>(SubscriptionOperations.List(call)))
        {
            Parameters =
            [
                new("search", "string", $"List only filters with this text; ignores case. At most {SubscriptionOperations.MaxSearch} characters."),
                new("after", "string", "List only filters after this one: next of the previous page."),
                new("limit", "integer", $"Most filters, 1 to {SubscriptionOperations.MaxPage}. Default: 50."),
            ],
        },
        Act<DisconnectRequest, DisconnectAnswer>("client/disconnect", "Disconnects a client on any node. Its will is published.", ClientOperations.DisconnectAsync),
        Get<BansAnswer>("bans", "Client identifiers and addresses that may not connect to the node that answers.", ClientOperations.Bans),
        Act<BanRequest, BanChangeAnswer>("bans/add", "Bans a client identifier or an address on all present nodes, at the latest until each of them stops.", ClientOperations.BanAsync),
        Act<UnbanRequest, BanChangeAnswer>("bans/remove", "Ends a ban, on all nodes.", ClientOperations.UnbanAsync),
        new("GET", Root + "retained", Read, "The topic levels one level below a topic that have retained messages, or have sublevels with them.", typeof(RetainedAnswer), static call => Task.FromResult<object>(MessageOperations.Below(call)))
        {
            Parameters =
            [
                new("topic", "string", "The topic above the levels. Default: list the first levels."),
                new("after", "string", "List only levels after this one: next of the previous page."),
                new("limit", "integer", $"Most levels, 1 to {MessageOperations.MaxPage}. Default: 100."),
            ],
        },
        new("GET", Root + "retained/message", Read, "A retained message.", typeof(RetainedMessageAnswer), static call => Task.FromResult<object>(MessageOperations.Get(call)))
        {
            Parameters = [new("topic", "string", "The topic.", IsRequired: true)],
        },
        Act<ClearRequest, PublishAnswer>("retained/clear", "Clears a retained message: publishes an empty one to its topic.", MessageOperations.ClearAsync),
        Act<PublishRequest, PublishAnswer>("publish", $"Publishes a message of at most {Call.MaxPayload} bytes.", MessageOperations.PublishAsync),
        new("POST", Root + "security/reload", Admin, "Reads password, SCRAM, ACL and revocation files again.", typeof(DoneAnswer), MessageOperations.ReloadAsync),
    ];

    private static Operation Get<TAnswer>(string path, string summary, Func<Call, TAnswer> run)
        where TAnswer : notnull => new("GET", Root + path, Read, summary, typeof(TAnswer), call => Task.FromResult<object>(run(call)));

    private static Operation Act<TBody, TAnswer>(string path, string summary, Func<Call, Task<object>> run) =>
        new("POST", Root + path, Admin, summary, typeof(TAnswer), run) { Body = typeof(TBody) };
}
