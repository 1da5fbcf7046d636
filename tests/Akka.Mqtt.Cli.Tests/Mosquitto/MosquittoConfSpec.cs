using Akka.Mqtt.Cli.Mosquitto;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Tests.Mosquitto;

/// <summary>Options of mosquitto and the settings that they become.</summary>
public sealed class MosquittoConfSpec : MosquittoSpec
{
    [Fact]
    public void An_empty_file_serves_this_machine_anonymously()
    {
        var (settings, warnings) = Read("");
        var listener = Assert.Single(settings.Listeners);
        Assert.Equal("127.0.0.1:1883", $"{listener.Address}");
        Assert.Equal(AnonymousAccess.On, listener.Security.AllowAnonymous);
        Assert.Empty(warnings);
    }

    [Fact]
    public void The_usual_server_with_users_and_limits_is_the_same_here()
    {
        var (settings, warnings) = Read($"""
            # /etc/mosquitto/mosquitto.conf
            pid_file /run/mosquitto/mosquitto.pid
            persistence true
            persistence_location /var/lib/mosquitto/
            log_dest file /var/log/mosquitto/mosquitto.log

            listener 1883
            allow_anonymous false
            password_file {Folder["users"]}
            acl_file {Folder["acl"]}

            max_inflight_messages 40
            max_queued_messages 0
            max_queued_bytes 1048576
            message_size_limit 100000
            persistent_client_expiration 2d
            connection_messages true
            """);
        var listener = Assert.Single(settings.Listeners);
        Assert.Equal("0.0.0.0:1883", $"{listener.Address}");
        Assert.Equal(AnonymousAccess.Off, listener.Security.AllowAnonymous);
        Assert.Equal((Folder["users"], Folder["acl"]), (listener.Security.PasswordFile, listener.Security.AclFile));
        Assert.Equal((40, 40, 10_000_000, 1048576L), (settings.ReceiveMaximum, settings.MaxInflightMessages, settings.MaxQueuedMessages, settings.MaxQueuedBytes));
        Assert.Equal((100_000, TimeSpan.FromDays(2)), (settings.Limits.MaxPayloadSize, settings.MaxSessionExpiry));
        Assert.True(settings.Connection.MaxPacketSize > 100_000 + ushort.MaxValue); // room for any topic
        Assert.Equal([":2: pid_file:", ":5: log_dest:"], warnings.Select(OfLine));
    }

    [Fact]
    public void The_file_of_Debian_is_taken_with_what_itsFolder_adds()
    {
        Directory.CreateDirectory(Folder["conf.d"]);
        File.WriteAllText(Path.Combine(Folder["conf.d"], "README"), "nonsense\n");
        File.WriteAllText(Path.Combine(Folder["conf.d"], "local.conf"), $"listener 1883\r\nallow_anonymous false\r\npassword_file {Folder["users"]}\r\n");
        var (settings, warnings) = Read($"""
            # Place your local configuration in /etc/mosquitto/conf.d/
            #
            # A full description of the configuration file is at
            # /usr/share/doc/mosquitto/examples/mosquitto.conf.example

            #pid_file /run/mosquitto/mosquitto.pid

            persistence true
            persistence_location /var/lib/mosquitto/

            log_dest file /var/log/mosquitto/mosquitto.log

            include_dir {Folder["conf.d"]}
            """);
        var listener = Assert.Single(settings.Listeners);
        Assert.Equal((AnonymousAccess.Off, Folder["users"]), (listener.Security.AllowAnonymous, listener.Security.PasswordFile));
        Assert.Equal([":11: log_dest:"], warnings.Select(OfLine));
    }

    [Fact]
    public void Every_option_with_a_key_of_ours_is_that_key()
    {
        var (settings, warnings) = Read("""
            listener 1883
            max_connections 500
            max_qos 1
            max_topic_alias 7
            mount_point tenant/
            auto_id_prefix mine-
            allow_zero_length_clientid true
            check_retain_source false
            max_inflight_bytes 2000
            max_inflight_messages 0
            max_keepalive 100
            max_packet_size 5000
            message_size_limit 4000
            max_queued_bytes 0
            max_queued_messages 50
            memory_limit 1073741824
            persistent_client_expiration 2m
            queue_qos0_messages true
            retain_available false
            sys_interval 0
            upgrade_outgoing_qos true
            """);
        Assert.Empty(warnings);
        var features = settings.Features;
        var limits = settings.Limits;
        Assert.Equal((500, QualityOfService.AtLeastOnce, 7), (settings.MaxConnections, features.MaximumQoS, settings.TopicAliasMaximum));
        Assert.Equal("tenant/", Assert.Single(settings.Listeners).MountPoint);
        Assert.Equal(("mine-", true, false), (features.AssignedClientIdPrefix, features.AllowEmptyClientId, features.CheckRetainSource));
        Assert.Equal((2000L, 65535, 65535), (limits.MaxInflightBytes, settings.MaxInflightMessages, settings.ReceiveMaximum));
        Assert.Equal((TimeSpan.FromSeconds(100), 5000, 4000), (limits.MaxKeepAlive, settings.Connection.MaxPacketSize, limits.MaxPayloadSize));
        Assert.Equal((1L << 40, 50), (settings.MaxQueuedBytes, settings.MaxQueuedMessages));
        Assert.Equal((1L << 30, TimeSpan.FromDays(60)), (limits.MemoryLimit, settings.MaxSessionExpiry));
        Assert.Equal((true, false, true), (features.QueueQoS0Messages, features.RetainAvailable, features.UpgradeOutgoingQoS));
        Assert.Null(settings.SysInterval);
    }

    [Fact]
    public void What_is_not_said_is_as_in_mosquitto()
    {
        var (settings, warnings) = Read("listener 1883\nmax_inflight_bytes 0\nmemory_limit 0\nmax_keepalive 0\n");
        Assert.Empty(warnings);
        Assert.Null(settings.MaxSessionExpiry);
        Assert.False(settings.Features.CheckRetainSource);
        Assert.False(settings.Features.AllowControlCharacters);
        Assert.Equal((1L << 40, long.MaxValue), (settings.Limits.MaxInflightBytes, settings.Limits.MemoryLimit));
        Assert.Null(settings.Limits.MaxKeepAlive);
        Assert.Null(settings.Limits.MaxPayloadSize);
    }

    [Fact]
    public void A_small_memory_limit_leaves_room_for_the_runtime()
    {
        var (settings, warnings) = Read("memory_limit 10000000\n");
        Assert.Equal(256L << 20, settings.Limits.MemoryLimit);
        Assert.Equal([":1: memory_limit:"], warnings.Select(OfLine));
    }

    [Theory]
    [InlineData("persistence true", ". mosquitto.db")]
    [InlineData("persistence true\npersistence_location /var/lib/mosquitto/\npersistence_file m.db", "/var/lib/mosquitto/ m.db")]
    [InlineData("persistence true\npersistence false", null)]
    [InlineData("retained_persistence 1", ". mosquitto.db")]
    [InlineData("persistence_location /var/lib/mosquitto/", null)]
    public void Persistence_is_a_data_directory(string text, string? expected)
    {
        File.WriteAllText(Folder["p.conf"], text);
        var found = MosquittoPersistence.Of(Folder["p.conf"]);
        Assert.Equal(expected, found is null ? null : $"{found.Directory} {found.File}");
    }

    [Theory]
    [InlineData("# x\npersistence perhaps", ":2: persistence:")]
    [InlineData("persistence true\npersistence_location", ":2: persistence_location: it has no value")]
    public void A_wrong_value_of_persistence_is_an_error_with_its_line(string text, string said)
    {
        File.WriteAllText(Folder["p.conf"], text);
        Assert.Contains(said, Assert.Throws<CommandFailure>(() => MosquittoPersistence.Of(Folder["p.conf"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_of_many_lines_has_one_warning_and_what_is_off_none()
    {
        var (_, warnings) = Read("log_type error\nlog_type warning\nlog_dest stderr\npersistence false\nallow_duplicate_messages true\nenable_proxy_protocol false\nuse_username_as_clientid 0\n");
        Assert.Equal([":1: log_type:"], warnings.Select(OfLine));
    }
}
