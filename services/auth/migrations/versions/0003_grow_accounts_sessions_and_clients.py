"""grow accounts sessions and clients."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('challenges',
    sa.Column('challenge_hash', sa.LargeBinary(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('challenge_hash')
    )
    op.create_table('sign_in_codes',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('code_hash', sa.LargeBinary(), nullable=False),
    sa.Column('attempts', sa.SmallInteger(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('used_assertions',
    sa.Column('jti_hash', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('jti_hash')
    )
    op.create_table('activations',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('nonce', sa.Uuid(), nullable=False),
    sa.Column('attempts', sa.SmallInteger(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], ),
    sa.PrimaryKeyConstraint('account_id')
    )
    op.create_table('client_operators',
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('operator_id', sa.Text(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], ),
    sa.PrimaryKeyConstraint('client_id', 'operator_id')
    )
    op.create_table('client_secrets',
    sa.Column('secret_hash', sa.LargeBinary(), nullable=False),
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], ),
    sa.PrimaryKeyConstraint('secret_hash')
    )
    op.create_index('client_secrets_of_client', 'client_secrets', ['client_id'], unique=False)
    op.create_table('consents',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('scopes', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], ),
    sa.ForeignKeyConstraint(['client_id'], ['clients.id'], ),
    sa.PrimaryKeyConstraint('account_id', 'client_id')
    )
    op.create_table('known_places',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('place_hash', sa.LargeBinary(), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], ),
    sa.PrimaryKeyConstraint('account_id', 'place_hash')
    )
    op.create_table('passkeys',
    sa.Column('credential_id', sa.LargeBinary(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=False),
    sa.Column('sign_count', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], ),
    sa.PrimaryKeyConstraint('credential_id')
    )
    op.create_index('passkeys_of_account', 'passkeys', ['account_id'], unique=False)
    op.create_table('recovery_codes',
    sa.Column('code_hash', sa.LargeBinary(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], ),
    sa.PrimaryKeyConstraint('code_hash')
    )
    op.create_index('recovery_codes_of_account', 'recovery_codes', ['account_id'], unique=False)
    op.create_table('upstream_identities',
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('subject_hash', sa.LargeBinary(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('linked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], ),
    sa.PrimaryKeyConstraint('provider', 'subject_hash'),
    sa.UniqueConstraint('account_id', 'provider', name='upstream_identities_one_of_each')
    )
    op.create_table('sessions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('cookie_hash', sa.LargeBinary(), nullable=True),
    sa.Column('acr', sa.Text(), nullable=False),
    sa.Column('amr', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('mandate_id', sa.Uuid(), nullable=True),
    sa.Column('device_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('signed_in_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], ),
    sa.ForeignKeyConstraint(['mandate_id'], ['mandates.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('cookie_hash')
    )
    op.create_index('sessions_of_account', 'sessions', ['account_id'], unique=False)
    op.create_table('authorization_codes',
    sa.Column('code_hash', sa.LargeBinary(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('redirect_uri', sa.Text(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('resources', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('nonce', sa.Text(), nullable=True),
    sa.Column('code_challenge', sa.Text(), nullable=False),
    sa.Column('family_id', sa.Uuid(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['session_id'], ['sessions.id'], ),
    sa.PrimaryKeyConstraint('code_hash')
    )
    op.add_column('accounts', sa.Column('totp_pending_sealed', sa.LargeBinary(), nullable=True))
    op.add_column('accounts', sa.Column('identity_level', sa.Text(), nullable=True))
    # heads and the operator know whom they appoint; a citizen has shown a phone or an e-mail
    op.execute("UPDATE accounts SET identity_level = CASE kind WHEN 'citizen' THEN 'low' ELSE 'substantial' END")
    op.alter_column('accounts', 'identity_level', nullable=False)
    op.alter_column('accounts', 'password_hash',
               existing_type=sa.TEXT(),
               nullable=True)
    op.add_column('clients', sa.Column('auth_method', sa.Text(), nullable=False, server_default='client_secret'))
    op.alter_column('clients', 'auth_method', server_default=None)
    op.add_column('clients', sa.Column('grant_types', postgresql.ARRAY(sa.Text()), nullable=False, server_default='{client_credentials}'))
    op.alter_column('clients', 'grant_types', server_default=None)
    op.add_column('clients', sa.Column('resources', postgresql.ARRAY(sa.Text()), nullable=False, server_default='{auth,catalog,applications,registry-gateway,notifications}'))
    op.alter_column('clients', 'resources', server_default=None)
    op.add_column('clients', sa.Column('redirect_uris', postgresql.ARRAY(sa.Text()), nullable=False, server_default='{}'))
    op.alter_column('clients', 'redirect_uris', server_default=None)
    op.add_column('clients', sa.Column('post_logout_redirect_uris', postgresql.ARRAY(sa.Text()), nullable=False, server_default='{}'))
    op.alter_column('clients', 'post_logout_redirect_uris', server_default=None)
    op.add_column('clients', sa.Column('jwks', postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.add_column('clients', sa.Column('needs_consent', sa.Boolean(), nullable=False, server_default='false'))
    op.alter_column('clients', 'needs_consent', server_default=None)
    op.add_column('clients', sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('clients', sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "INSERT INTO client_secrets (secret_hash, client_id, created_at) SELECT secret_hash, id, created_at FROM clients"
    )
    op.drop_column('clients', 'secret_hash')
    # who is signed in signs in once more: a token of before belongs to no session
    op.drop_table('refresh_tokens')
    op.create_table('refresh_tokens',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('family_id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('client_id', sa.Text(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('resources', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['session_id'], ['sessions.id'], ),
    sa.PrimaryKeyConstraint('token_hash')
    )
    op.create_index('refresh_tokens_of_family', 'refresh_tokens', ['family_id'], unique=False)
    op.create_index('refresh_tokens_of_session', 'refresh_tokens', ['session_id'], unique=False)
    op.alter_column('registrations', 'password_hash',
               existing_type=sa.TEXT(),
               nullable=True)



def downgrade() -> None:
    for table in ("registrations", "accounts"):
        op.execute(f"UPDATE {table} SET password_hash = '' WHERE password_hash IS NULL")
    op.alter_column('registrations', 'password_hash',
               existing_type=sa.TEXT(),
               nullable=False)
    op.drop_table('refresh_tokens')
    op.create_table('refresh_tokens',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('family_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('acr', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], ),
    sa.PrimaryKeyConstraint('token_hash')
    )
    op.create_index('refresh_tokens_of_account', 'refresh_tokens', ['account_id'], unique=False)
    op.create_index('refresh_tokens_of_family', 'refresh_tokens', ['family_id'], unique=False)
    op.add_column('clients', sa.Column('secret_hash', postgresql.BYTEA(), nullable=True))
    # one secret a client, the newest; a client without one has no place in what was before
    op.execute(
        "UPDATE clients SET secret_hash = (SELECT s.secret_hash FROM client_secrets s WHERE s.client_id = clients.id"
        " ORDER BY s.created_at DESC LIMIT 1)"
    )
    for table in ("client_operators", "consents", "client_secrets"):
        op.execute(f"DELETE FROM {table} WHERE client_id IN (SELECT id FROM clients WHERE secret_hash IS NULL)")
    op.execute("DELETE FROM clients WHERE secret_hash IS NULL")
    op.alter_column('clients', 'secret_hash', nullable=False)
    op.drop_column('clients', 'disabled_at')
    op.drop_column('clients', 'expires_at')
    op.drop_column('clients', 'needs_consent')
    op.drop_column('clients', 'jwks')
    op.drop_column('clients', 'post_logout_redirect_uris')
    op.drop_column('clients', 'redirect_uris')
    op.drop_column('clients', 'resources')
    op.drop_column('clients', 'grant_types')
    op.drop_column('clients', 'auth_method')
    op.alter_column('accounts', 'password_hash',
               existing_type=sa.TEXT(),
               nullable=False)
    op.drop_column('accounts', 'identity_level')
    op.drop_column('accounts', 'totp_pending_sealed')
    op.drop_table('authorization_codes')
    op.drop_index('sessions_of_account', table_name='sessions')
    op.drop_table('sessions')
    op.drop_table('upstream_identities')
    op.drop_index('recovery_codes_of_account', table_name='recovery_codes')
    op.drop_table('recovery_codes')
    op.drop_index('passkeys_of_account', table_name='passkeys')
    op.drop_table('passkeys')
    op.drop_table('known_places')
    op.drop_table('consents')
    op.drop_index('client_secrets_of_client', table_name='client_secrets')
    op.drop_table('client_secrets')
    op.drop_table('client_operators')
    op.drop_table('activations')
    op.drop_table('used_assertions')
    op.drop_table('sign_in_codes')
    op.drop_table('challenges')
